"""Events of items that are left out are asked for from what came before, and fitted nowhere."""

from __future__ import annotations

import numpy as np
import pytest

from benchmarks.cold_items import LEAST_EVENTS, _found, leave_out
from schemas.histories import Histories

USERS, ITEMS, EVENTS = 40, 60, 30


@pytest.fixture
def histories() -> Histories:
    random = np.random.default_rng(1)
    items = [random.choice(np.arange(1, ITEMS + 1), EVENTS, replace=False) for _ in range(USERS)]
    return Histories(
        users=np.arange(USERS).astype(str),
        offsets=np.arange(USERS + 1) * EVENTS,
        item_id=np.concatenate(items),
        rating=np.full(USERS * EVENTS, np.nan, np.float32),
        timestamp=np.arange(USERS * EVENTS),
        user_features={},
    )


def test_requests_are_what_the_whole_histories_say(histories: Histories) -> None:
    items = np.arange(ITEMS + 1) > 0
    requests = leave_out(histories, items, seed=3)
    cold = np.setdiff1d(np.unique(histories.item_id), np.unique(requests.warm.item_id))
    assert len(cold) == round(0.05 * ITEMS)

    expected = []
    for user in range(USERS):
        own = histories.item_id[user * EVENTS : (user + 1) * EVENTS]
        for at in np.flatnonzero(np.isin(own, cold)):
            before = own[:at]
            warm = before[~np.isin(before, cold)]
            if len(warm) >= LEAST_EVENTS:
                expected.append((user, own[at], warm.tolist(), before.tolist()))
    assert expected
    found = [
        (
            user,
            target,
            requests.warm.item_id[requests.warm.offsets[user] : end].tolist(),
            seen.tolist(),
        )
        for user, target, end, seen in zip(
            requests.user, requests.target, requests.end, requests.seen, strict=True
        )
    ]
    assert found == expected


def test_equal_scores_are_chance() -> None:
    level = np.ones(10, np.float32)
    assert _found(level, level[0], 3) == pytest.approx(0.3)
    assert _found(np.arange(10, dtype=np.float32), np.float32(7), 3) == 1
    assert _found(np.arange(10, dtype=np.float32), np.float32(6), 3) == 0
