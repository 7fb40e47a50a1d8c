"""Fits of baselines, each to be called in a process of its own; see `evaluation.own_process`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from evaluation.baselines.registry import BASELINES, RATING_BASELINES
from evaluation.batches import batches
from evaluation.histories import RawHistories, read_histories
from evaluation.item_features import read_item_features
from evaluation.leaderboard.protocols import RANDOM
from evaluation.own_process import measured
from evaluation.random_split import hold_out
from evaluation.ranking_protocol import rank_catalogue
from evaluation.requests import Requests, read_requests

LISTS, RATINGS, LIKES = "lists.npy", "ratings.npy", "likes.npy"


def read_task(
    prepared: Path, protocol: str, share: float, seed: int
) -> tuple[RawHistories, Requests]:
    """What is fitted, and what is asked for.

    Args:
        prepared: The prepared artefact's directory.
        protocol: One of `protocols.PROTOCOLS`.
        share: Of the ratings held out by `random`.
        seed: Of that draw.
    """
    fitted = read_histories(prepared, "fit")
    if protocol == RANDOM:
        return hold_out(fitted, share, seed)
    return fitted, read_requests(prepared, "test")


def rank(*, prepared: str, model: str, seed: int, batch_size: int, out: str) -> dict[str, Any]:
    """Fits a baseline and lists the catalogue for every request.

    Args:
        prepared: The prepared artefact's directory.
        model: Of `BASELINES`.
        seed: Of the fit.
        batch_size: Lists made at once.
        out: Directory for `lists.npy`, int32 `[lists, 200]`.

    Returns:
        `fit_s`, `peak_mib` of the process when the fit ends, `lists_s`.
    """
    fitted, requests = (
        read_histories(Path(prepared), "fit"),
        read_requests(Path(prepared), "test"),
    )
    item_features = read_item_features(Path(prepared), ())
    scorer, fit = measured(lambda: BASELINES[model].fit(fitted, item_features, seed))
    lists, listing = measured(lambda: rank_catalogue(requests, scorer, batch_size))
    np.save(Path(out) / LISTS, lists)
    return {"fit_s": fit.seconds, "peak_mib": fit.peak_mib, "lists_s": listing.seconds}


def rate(
    *,
    prepared: str,
    model: str,
    seed: int,
    batch_size: int,
    protocol: str,
    share: float,
    split_seed: int,
    out: str,
) -> dict[str, Any]:
    """Fits a predictor of ratings and predicts those that are held out.

    Args:
        prepared: The prepared artefact's directory.
        model: Of `RATING_BASELINES`.
        seed: Of the fit.
        batch_size: Ratings predicted at once.
        protocol: See `read_task`.
        share: See `read_task`.
        split_seed: See `read_task`.
        out: Directory for `ratings.npy`, float32 `[requests]`, NaN where nobody gave a rating.

    Returns:
        `fit_s`, `peak_mib` of the process when the fit ends.
    """
    fitted, requests = read_task(Path(prepared), protocol, share, split_seed)
    predictor, fit = measured(lambda: RATING_BASELINES[model].fit(fitted, seed))
    predicted = np.full(len(requests), np.nan, np.float32)
    for rows in batches(np.flatnonzero(np.isfinite(requests.target_rating)), batch_size):
        predicted[rows] = predictor.predict(requests, rows)
    # Our own model keeps to the scale, so all do.
    np.save(Path(out) / RATINGS, np.clip(predicted, *fitted.rating_range))
    return {"fit_s": fit.seconds, "peak_mib": fit.peak_mib}
