from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from schemas.artifacts import Artifact
from schemas.config import RetrievalConfig
from towers.sampled_model import SampledRetrievalModel, mixture
from towers.train import train

import keras  # isort: skip  (after the modules above, which prepare the process)

ITEMS = 6
COUNTS = np.array([0, 6, 3, 1, 0, 0])
IS_ITEM = np.array([False, True, True, True, True, False])


def make_model(negatives: int = 4_000, mask_seen: bool = True) -> SampledRetrievalModel:
    keras.utils.set_random_seed(1)
    config = RetrievalConfig(
        embedding_dim=8,
        history_len=3,
        tail_events=2,
        negatives=negatives,
        uniform_share=0.2,
        mask_seen=mask_seen,
    )
    return SampledRetrievalModel(
        counts=COUNTS,
        config=config,
        catalogue={"item_id": np.arange(ITEMS)},
        is_item=IS_ITEM,
        is_fitted=COUNTS > 0,
        item_sizes={"item_id": ITEMS},
        user_sizes={},
        rating_range=(1.0, 5.0),
    )


def test_the_mixture_by_hand() -> None:
    # A fifth in equal parts over four items, the rest by 6, 3, 1 and 0 of 10 events.
    expected = [0, 0.05 + 0.48, 0.05 + 0.24, 0.05 + 0.08, 0.05, 0]
    np.testing.assert_allclose(mixture(COUNTS, IS_ITEM, 0.2), expected)
    uniform = mixture(np.zeros(ITEMS), IS_ITEM, 0.2)
    np.testing.assert_allclose(uniform, IS_ITEM / 4)


def test_negatives_are_drawn_from_the_mixture_and_anew_each_time() -> None:
    model = make_model()
    drawn = np.concatenate([np.asarray(model._draw()) for _ in range(10)])
    shares = np.bincount(drawn, minlength=ITEMS) / len(drawn)
    np.testing.assert_allclose(shares, mixture(COUNTS, COUNTS > 0, 0.2), atol=0.01)
    assert (drawn[:4_000] != drawn[4_000:8_000]).any()
    expected = np.log(4_000 * mixture(COUNTS, COUNTS > 0, 0.2)[1:4])
    np.testing.assert_allclose(np.asarray(model.log_expected)[1:4], expected, rtol=1e-5)


@pytest.mark.parametrize("mask_seen", [True, False])
def test_losses_are_near_those_of_the_whole_catalogue(mask_seen: bool) -> None:
    model = make_model(negatives=200_000, mask_seen=mask_seen)
    ids = np.array([[0, 3, 2]])
    batch = {
        "history_item_id": ids,
        "history_rating": np.full((1, 3), np.nan, np.float32),
        "history_timestamp": np.zeros((1, 3), np.int64),
    }
    found = [
        float(model.total_loss(batch, np.array([targets]), model(batch)))
        for targets in ([0, 0, 2, 0], [0, 0, 0, 4])
    ]
    scores = np.asarray(model(batch)["queries"])[0] @ np.asarray(model.catalogue_vectors()).T
    expected = []
    for position, target, gone in ((2, 2, [3]), (3, 4, [3, 2])):
        # Nobody had item 4: it is a target here, but no negative.
        rivals = {target, *(i for i in (1, 2, 3) if not mask_seen or i not in gone)}
        logits = scores[position][sorted(rivals)]
        expected.append(np.log(np.exp(logits).sum()) - scores[position][target])
    np.testing.assert_allclose(found, expected, atol=0.02)


@pytest.mark.slow
def test_planted_order_is_learned(prepared: Artifact, tmp_path: Path) -> None:
    config = RetrievalConfig(
        embedding_dim=16,
        history_len=20,
        blocks=1,
        epochs=10,
        dropout=0.0,
        batch_size=16,
        learning_rate=5e-3,
        candidates=40,
        loss="sampled_softmax",
        negatives=64,
        item_id_dropout=0.05,
        successors=2,
        encoder="gru",
    )
    out = tmp_path / ".version.1"
    out.mkdir()
    train(prepared, config, out, lambda text, done, total: None)
    lines = (out / "log" / "candidate_model.jsonl").read_text().splitlines()
    assert max(json.loads(line)["ndcg@10"] for line in lines) > 0.3
