"""Fits of our own models, each to be called in a process of its own; see `evaluation.own_process`.

The stages build them, as `matinee train` does, so that a training that was killed goes on and one
that was done is found.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from commands.encoders import scorer, train_encoder
from commands.served import served_models
from commands.stages import Stages
from evaluation.batches import batches
from evaluation.leaderboard.fits import LIKES, LISTS, RATINGS
from evaluation.own_process import measured, peak_mib
from evaluation.ranking_protocol import rank_catalogue
from evaluation.requests import Requests, read_requests
from evaluation.suite import Models
from evaluation.two_stage import rank_candidates
from schemas.artifacts import Artifact
from schemas.config import config_from_dict

Settings = Mapping[str, Mapping[str, Any]]
"""`dataclasses.asdict` of a `Config`."""


def fit_retrieval(*, run: str, config: Settings, out: str) -> dict[str, Any]:
    """The first stage alone, which ranks the whole catalogue without an index.

    Args:
        run: Directory of the stages, with what is prepared.
        config: Settings of all stages.
        out: Directory for `lists.npy`, int32 `[lists, 200]`.

    Returns:
        What it cost, see `_cost`; `lists_s`; `curves`, the log of its epochs.
    """
    stages = Stages(Path(run), config_from_dict(config, "config"))
    return _listed(stages, stages.train_retrieval(), Path(out))


def fit_encoder(*, run: str, config: Settings, encoder: str, out: str) -> dict[str, Any]:
    """The same with another encoder, beside the run's own retrieval.

    Args:
        run: As above.
        config: As above.
        encoder: One of `commands.encoders.ENCODERS`.
        out: As above.

    Returns:
        As above.
    """
    stages = Stages(Path(run), config_from_dict(config, "config"))
    prepared = stages.open("prepared")
    trained = train_encoder(stages.run, prepared, stages.config.retrieval, encoder)
    return _listed(stages, trained, Path(out))


def fit_two_stage(
    *, run: str, config: Settings, retrieval_peak_mib: float | None, out: str
) -> dict[str, Any]:
    """What is served: retrieval through its index, then the ranker.

    Args:
        run: As above; a retrieval model that is there already is taken as it is.
        config: As above.
        retrieval_peak_mib: What the fit of retrieval held at most, if that is known.
        out: As above; also for `ratings.npy` and `likes.npy`, float32 `[requests]`, if the data has
            ratings.

    Returns:
        As above, of both stages together.
    """
    stages = Stages(Path(run), config_from_dict(config, "config"))
    built = {
        "retrieval": stages.train_retrieval(),
        "index": stages.index(),
        "ranking": stages.train_ranking(),
    }
    cost = _cost([*built.values()])
    if retrieval_peak_mib is None:
        cost.pop("peak_mib", None)
    elif "peak_mib" in cost:
        cost["peak_mib"] = max(cost["peak_mib"], retrieval_peak_mib)
    settings = stages.config.evaluate
    prepared = stages.open("prepared")
    requests = read_requests(prepared.path, "test")
    models = served_models({"prepared": prepared, **built}, requests.item_ids)
    lists, listing = measured(
        partial(
            rank_candidates,
            requests,
            models.retrieve,
            models.rank,
            settings.candidates,
            settings.batch_size,
        )
    )
    np.save(Path(out) / LISTS, lists["two_stage"])
    _predict(requests, models, settings.batch_size, Path(out))
    curves = {"ranker": _log(built["ranking"], "ranker")}
    return cost | {"lists_s": listing.seconds, "curves": curves}


def _listed(stages: Stages, retrieval: Artifact, out: Path) -> dict[str, Any]:
    """Writes what a retrieval model lists; returns what `fit_retrieval` does."""
    cost = _cost([retrieval])
    requests = read_requests(stages.open("prepared").path, "test")
    model = scorer(retrieval, requests.item_ids)
    ask = partial(rank_catalogue, requests, model, stages.config.evaluate.batch_size)
    lists, listing = measured(ask)
    np.save(out / LISTS, lists)
    curves = {"retrieval": _log(retrieval, "candidate_model")}
    return cost | {"lists_s": listing.seconds, "curves": curves}


def _predict(requests: Requests, models: Models, batch_size: int, out: Path) -> None:
    rated = np.flatnonzero(np.isfinite(requests.target_rating))
    if not len(rated):
        return
    rating, like = np.full((2, len(requests)), np.nan, np.float32)
    for rows in batches(rated, batch_size):
        rating[rows], like[rows] = models.predict(requests, rows)
    np.save(out / RATINGS, rating)
    np.save(out / LIKES, like)


def _cost(built: Sequence[Artifact]) -> dict[str, float]:
    """What some stages took.

    Args:
        built: Their artefacts.

    Returns:
        `fit_s`, in which each was built, whenever that was; `peak_mib` of this process, absent
        where it found all of them built.
    """
    cost = {"fit_s": round(sum(_seconds(artifact) for artifact in built), 3)}
    if not all(artifact.reused for artifact in built):
        cost["peak_mib"] = peak_mib()
    return cost


def _seconds(artifact: Artifact) -> float:
    """Of the build, or of its epochs, which are more where it was killed and went on."""
    epochs = sum(
        json.loads(line)["seconds"]
        for log in (artifact.path / "log").glob("*.jsonl")
        for line in log.read_text().splitlines()
    )
    return max(float(artifact.manifest["seconds"]), epochs)


def _log(artifact: Artifact, name: str) -> list[dict[str, Any]]:
    lines = (artifact.path / "log" / f"{name}.jsonl").read_text().splitlines()
    return [json.loads(line) for line in lines]
