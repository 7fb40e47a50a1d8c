"""Ratings held out at random, whenever they were given.

That is what many papers and tutorials do. A rating is predicted from others that may be newer, so
this asks how well taste is explained, and foretells nothing: for tables of ratings alone.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from evaluation.histories import RawHistories
from evaluation.requests import Requests


def hold_out(histories: RawHistories, share: float, seed: int) -> tuple[RawHistories, Requests]:
    """Deals the events into what is fitted and what is asked for.

    Args:
        histories: All events.
        share: Of the rated events that are held out, each with the same chance.
        seed: Of the draw.

    Returns:
        The histories without the events held out, and a request for each of these, in the order of
        the events; its history is all that is left of its user's, later events too.

    Raises:
        ValueError: Nothing would be held out, or nothing left.
    """
    rated = np.flatnonzero(np.isfinite(histories.history_rating))
    count = round(share * len(rated))
    if not 0 < count < len(histories.history_item):
        raise ValueError(
            f"share: expected some events held out and some left, got {count} of "
            f"{len(histories.history_item)}"
        )
    held = np.zeros(len(histories.history_item), bool)
    held[np.random.default_rng(seed).choice(rated, count, replace=False)] = True
    rest = _without(histories, held)
    row = histories.events(histories.rows).row[held]
    lengths = rest.indptr[row + 1] - rest.indptr[row]
    indptr = np.concatenate([[0], np.cumsum(lengths)])
    at = np.arange(indptr[-1]) + np.repeat(rest.indptr[row] - indptr[:-1], lengths)
    requests = Requests(
        item_ids=histories.item_ids,
        user_ids=histories.user_ids[row],
        user_features={name: values[row] for name, values in histories.user_features.items()},
        indptr=indptr,
        history_item=rest.history_item[at],
        history_rating=rest.history_rating[at],
        history_timestamp=rest.history_timestamp[at],
        target_item=histories.history_item[held],
        target_rating=histories.history_rating[held],
        target_timestamp=histories.history_timestamp[held],
    )
    return rest, requests


def _without(histories: RawHistories, held: np.ndarray) -> RawHistories:
    left = np.concatenate([[0], np.cumsum(~held)])
    return replace(
        histories,
        indptr=left[histories.indptr],
        history_item=histories.history_item[~held],
        history_rating=histories.history_rating[~held],
        history_timestamp=histories.history_timestamp[~held],
    )
