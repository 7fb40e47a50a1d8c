"""Small requests, written down as lists."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from evaluation.requests import Requests


def make_requests(
    histories: Sequence[Sequence[int]],
    targets: Sequence[int],
    items: int,
    ratings: Sequence[Sequence[float]] | None = None,
    target_ratings: Sequence[float] | None = None,
    user_features: dict[str, Any] | None = None,
) -> Requests:
    """Users u0, ... over items i0, ...; event n happens at second n + 1, the target after."""
    lengths = [len(history) for history in histories]
    flat = [value for history in (ratings or []) for value in history]
    return Requests(
        item_ids=np.array([f"i{n}" for n in range(items)], object),
        user_ids=np.array([f"u{n}" for n in range(len(histories))], object),
        user_features=user_features or {},
        indptr=np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64),
        history_item=np.array([i for history in histories for i in history], np.int32),
        history_rating=np.array(flat or [np.nan] * sum(lengths), np.float32),
        history_timestamp=np.array([n + 1 for k in lengths for n in range(k)], np.int64),
        target_item=np.array(targets, np.int32),
        target_rating=np.array(target_ratings or [np.nan] * len(targets), np.float32),
        target_timestamp=np.array([k + 1 for k in lengths], np.int64),
    )


def random_requests(users: int, items: int, events: int, seed: int) -> Requests:
    """Every user has between 1 and `events` different items, each with a rating of 1 to 5."""
    rng = np.random.default_rng(seed)
    lengths = rng.integers(1, events + 1, users)
    drawn = [rng.permutation(items)[: length + 1].tolist() for length in lengths]
    return make_requests(
        histories=[items[:-1] for items in drawn],
        targets=[items[-1] for items in drawn],
        items=items,
        ratings=[rng.integers(1, 6, length).tolist() for length in lengths],
        target_ratings=rng.integers(1, 6, users).tolist(),
    )
