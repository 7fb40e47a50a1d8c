"""Events of items that are left out are asked for from what came before, and fitted nowhere."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from benchmarks import cold_items
from benchmarks.cold_items import CHECKPOINT, LEAST_EVENTS, _found, leave_out, measured
from schemas.artifacts import Artifact
from schemas.config import RetrievalConfig
from schemas.histories import Histories, history_before
from towers.model import RetrievalModel

import keras  # isort: skip  (after the modules above, which prepare the process)

USERS, ITEMS, EVENTS = 40, 60, 30
IS_ITEM = (np.arange(ITEMS + 2) > 0) & (np.arange(ITEMS + 2) <= ITEMS)
"""Padding before them, the unknown item behind."""
CONFIG = RetrievalConfig(embedding_dim=8, history_len=6, tail_events=3, heads=1, blocks=1)


def untrained() -> RetrievalModel:
    """A model of which all items were fitted: otherwise the cold ones would have one vector."""
    keras.utils.set_random_seed(1)
    return RetrievalModel(
        {"item_id": np.arange(len(IS_ITEM))},
        IS_ITEM,
        IS_ITEM,
        {"item_id": len(IS_ITEM)},
        {},
        (1.0, 5.0),
        CONFIG,
        lambda *_: 0.0,
    )


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


def test_recall_is_what_each_request_alone_says(
    histories: Histories, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cold_items, "WIDTH", 9)
    monkeypatch.setattr(cold_items, "NARROW", 2)
    monkeypatch.setattr(cold_items, "BATCH", 7)
    requests, model = leave_out(histories, IS_ITEM, seed=3), untrained()
    vectors = np.asarray(model.catalogue_vectors())
    cold = np.unique(requests.target)
    wide, narrow, wide_chance, narrow_chance = [], [], [], []
    for user, end, target, seen in zip(
        requests.user, requests.end, requests.target, requests.seen, strict=True
    ):
        batch = history_before(requests.warm, np.array([user]), np.array([end]), 6)
        batch["request_timestamp"] = np.zeros((1, 1), np.int64)
        query = np.asarray(model.newest_query(batch, vectors[batch["history_item_id"]]))[0]
        open_items = np.setdiff1d(np.flatnonzero(IS_ITEM), seen)
        others = np.setdiff1d(cold, seen)
        for among, k, found in ((open_items, 9, wide), (others, 2, narrow)):
            found.append(target in among[np.argsort(-(vectors[among] @ query))][:k])
        wide_chance.append(9 / len(open_items))
        narrow_chance.append(min(1, 2 / len(others)))
    assert 0 < np.mean(wide) < 1
    figures = cold_items.recall(model, requests, 6)
    assert figures == {
        "recall@9": pytest.approx(np.mean(wide), abs=1e-4),
        "recall@9_of_chance": pytest.approx(np.mean(wide_chance), abs=1e-4),
        "recall@2_among_cold": pytest.approx(np.mean(narrow), abs=1e-4),
        "recall@2_among_cold_of_chance": pytest.approx(np.mean(narrow_chance), abs=1e-4),
        "requests": len(requests.target),
        "cold_items": len(cold),
    }


def test_a_fit_that_was_measured_is_not_fitted_again(
    histories: Histories, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fits: list[Histories] = []

    def fit(
        prepared: Artifact, warm: Histories, config: RetrievalConfig, directory: Path
    ) -> RetrievalModel:
        fits.append(warm)
        (directory / CHECKPOINT).touch()
        return untrained()

    monkeypatch.setattr(cold_items, "fitted", fit)
    requests = leave_out(histories, IS_ITEM, seed=3)
    nowhere = Artifact(tmp_path, {})
    first = measured(nowhere, requests, CONFIG, tmp_path)
    assert first["requests"] == len(requests.target)
    assert measured(nowhere, requests, CONFIG, tmp_path) == first
    assert fits == [requests.warm]
    assert [path.name for path in tmp_path.iterdir()] == ["figures.json"]


def test_equal_scores_are_chance() -> None:
    level = np.ones(10, np.float32)
    assert _found(level, level[0], 3) == pytest.approx(0.3)
    assert _found(np.arange(10, dtype=np.float32), np.float32(7), 3) == 1
    assert _found(np.arange(10, dtype=np.float32), np.float32(6), 3) == 0
