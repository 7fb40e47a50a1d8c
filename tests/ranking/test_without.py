"""Rankers without a part, trained and exported: they serve what they learned, and lack the part."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest

import ranking.train
from ranking.export import export
from ranking.item_memory import ItemMemory
from ranking.trainer import RankerTrainer
from schemas.artifacts import Artifact
from schemas.config.ranking import PARTS
from schemas.prepared import load_histories
from tests.conftest import TINY
from tests.ranking.exported import Exported

import tensorflow as tf  # isort: skip  (after the modules above, which prepare the process)

CONFIG = replace(TINY.ranking, epochs=1, batch_size=64)
PAIRS = np.arange(8).reshape(4, 2)
TOLERANCE = {"atol": 1e-5, "rtol": 1e-5}

Twice = tuple[np.ndarray, np.ndarray]


def train(prepared: Artifact, retrieval: Artifact, out: Path, without: tuple[str, ...]) -> Exported:
    """The ranker as it was trained, with the memory that is exported, and its export."""
    trained = []

    def export_too(
        trainer: RankerTrainer, memory: dict[str, np.ndarray], prepared: Artifact, out: Path
    ) -> None:
        export(trainer, memory, prepared, out)
        trainer.memory = ItemMemory({n: tf.constant(values) for n, values in memory.items()})
        trained.append(trainer)

    out.mkdir(parents=True)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ranking.train, "export", export_too)
        config = replace(CONFIG, without=without)
        ranking.train.train(prepared, retrieval, config, out, lambda *_: None)
    rows = pq.read_table(prepared.path / "fit.parquet").to_pylist()
    model = tf.saved_model.load(str(out / "model"))
    return Exported(trained[0], model, load_histories(prepared, "fit"), rows)


def beside_another(ranker: Exported) -> Twice:
    """What one of a pair chooses, whoever the other is."""
    others = PAIRS + np.array([0, 8])
    one, other = (ranker.served(ranker.ask(users).request) for users in (PAIRS, others))
    return one["watch_next"][..., 0], other["watch_next"][..., 0]


def as_the_other(ranker: Exported) -> Twice:
    """What two alike but for their histories choose of an item that nothing is known of."""
    request = ranker.ask(PAIRS).request
    alike = {
        name: tf.repeat(request[name][:, :1], 2, axis=1) for name in ("gender", "age", "occupation")
    }
    alike["candidate_item_id"] = tf.fill(tf.shape(request["candidate_item_id"]), "no such item")
    alike["retrieval_score"] = tf.ones_like(request["retrieval_score"])
    found = ranker.served(request | alike)["watch_next"]
    return found[..., 0], found[..., 1]


def at_other_times(ranker: Exported) -> Twice:
    """What is chosen by people who watched faster."""
    request = ranker.ask(PAIRS).request
    faster = {"history_timestamp": request["history_timestamp"] // 1_000}
    one, other = (ranker.served(asked) for asked in (request, request | faster))
    return one["watch_next"], other["watch_next"]


def rated_otherwise(ranker: Exported) -> Twice:
    """What is chosen by people who liked what they did not."""
    request = ranker.ask(PAIRS).request
    opposite = {"history_rating": 6 - request["history_rating"]}
    one, other = (ranker.served(asked) for asked in (request, request | opposite))
    return one["watch_next"], other["watch_next"]


def of_other_content(ranker: Exported) -> Twice:
    """The vector of an item of one genre or another."""
    found = ranker.model.signatures["encode_items"](
        item_id=tf.constant(["3", "3"]),
        genres=tf.constant([["Action"], ["Comedy"]]),
        year=tf.constant([1950.0, 1990.0]),
    )["item_vector"].numpy()
    return found[0], found[1]


READS: dict[str, Callable[[Exported], Twice]] = {
    "pair_attention": beside_another,
    "owner_bias": as_the_other,
    "times": at_other_times,
    "rating_tokens": rated_otherwise,
    "item_content": of_other_content,
}
"""What is the same without a part, and is not with it."""
TOGETHER = (("pair_attention", "times", "item_content"), ("owner_bias", "rating_tokens"))
"""Parts that one ranker can lack and still show each; attention between owners has their bias."""


@pytest.fixture(scope="module")
def whole(
    prepared: Artifact, retrieval: Artifact, tmp_path_factory: pytest.TempPathFactory
) -> Exported:
    """The ranker with all its parts."""
    return train(prepared, retrieval, tmp_path_factory.mktemp("whole") / ".ranking.v.1", ())


def test_every_part_is_left_out_once() -> None:
    assert sorted(part for parts in TOGETHER for part in parts) == sorted(PARTS)


@pytest.mark.parametrize("parts", TOGETHER)
def test_a_ranker_without_some_parts_serves_what_it_learned(
    parts: tuple[str, ...],
    prepared: Artifact,
    retrieval: Artifact,
    whole: Exported,
    tmp_path: Path,
) -> None:
    ranker = train(prepared, retrieval, tmp_path / "run" / ".ranking.v.1", parts)
    asked = ranker.ask(PAIRS)
    found, expected = ranker.served(asked.request), ranker.expected(asked.batch)
    for name, values in expected.items():
        np.testing.assert_allclose(found[name], values, **TOLERANCE)
        assert values.std() > 0.001
    for part in parts:
        one, other = READS[part](ranker)
        np.testing.assert_allclose(other, one, **TOLERANCE, err_msg=part)
        one, other = READS[part](whole)
        assert np.abs(other - one).max() > 1e-4, part
