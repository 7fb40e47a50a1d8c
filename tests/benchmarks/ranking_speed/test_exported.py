"""Both exports of the ranker, called with what the benchmark draws."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from benchmarks.ranking_speed.by_matinee import ApartRanker, SavedRanker
from benchmarks.ranking_speed.content import Shape, draw
from benchmarks.ranking_speed.exported import CompiledModule
from ranking.export import RankingModule
from ranking.item_memory import remember
from ranking.train import new_trainer
from schemas import columns
from schemas.artifacts import Artifact
from schemas.prepared import item_sizes, load_histories
from tests.conftest import TINY
from tests.ranking.noise import add_noise

SHAPE = Shape(requests=2, owners=3, candidates=7, events=9)


def test_compiled_or_one_candidate_at_a_time_the_scores_are_the_same(
    prepared: Artifact, tmp_path: Path
) -> None:
    histories = load_histories(prepared, "fit")
    indices = item_sizes(prepared)[columns.ITEM_ID]
    memory = remember(histories, indices, TINY.ranking)
    trainer = new_trainer(prepared, histories, memory, TINY.ranking)
    add_noise(trainer.ranker, 0.05)
    for name, module in (("plain", RankingModule), ("xla", CompiledModule)):
        module(trainer, memory, prepared).save(tmp_path / name)
    call = draw(prepared, SHAPE, seed=1)
    ranker = SavedRanker(tmp_path / "plain")
    plain, compiled = ranker(call), SavedRanker(tmp_path / "xla")(call)
    assert plain["rating"].shape == (SHAPE.requests, SHAPE.candidates, SHAPE.owners)
    assert plain["watch_next"].std() > 0.01
    assert plain.keys() == compiled.keys()
    for name, value in plain.items():
        np.testing.assert_allclose(compiled[name], value, atol=1e-5, rtol=1e-5)
    # Candidates do not read each other, so each by itself has the same scores.
    alone = ApartRanker(ranker)(call)
    assert plain.keys() == alone.keys()
    for name, value in plain.items():
        np.testing.assert_allclose(alone[name], value, atol=1e-5, rtol=1e-5)


def test_candidates_are_distinct_and_histories_full(prepared: Artifact) -> None:
    call = draw(prepared, SHAPE, seed=1)
    assert all(len(np.unique(row)) == SHAPE.candidates for row in call.candidate)
    assert call.item.shape == call.timestamp.shape == (2, 3, 9)
    assert (np.diff(call.timestamp) >= 0).all()
    assert (call.raw["history_item_id"] != b"").all()
    for name, code in call.codes.items():
        same = call.people[name][..., None] == call.people[name].ravel()
        np.testing.assert_array_equal(same, code[..., None] == code.ravel())
    same = draw(prepared, SHAPE, seed=1)
    np.testing.assert_array_equal(same.item, call.item)
