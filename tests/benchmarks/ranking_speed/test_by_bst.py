"""The textbook BST that the ranker is measured beside."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from benchmarks.ranking_speed.by_bst import SequenceRanker, bst
from benchmarks.ranking_speed.content import Call, Shape, draw
from schemas.artifacts import Artifact
from tests.conftest import TINY

EVENTS = 6


@pytest.fixture(scope="module")
def ranker() -> SequenceRanker:
    people = {"gender": 8, "age": 8, "occupation": 8}
    return SequenceRanker(bst(151, people, EVENTS + 1, TINY.ranking), jit_compile=False)


@pytest.fixture(scope="module")
def call(prepared: Artifact) -> Call:
    return draw(prepared, Shape(requests=2, owners=3, candidates=4, events=EVENTS), seed=1)


def test_every_owner_of_every_request_scores_every_candidate(
    ranker: SequenceRanker, call: Call
) -> None:
    scores = ranker(call)
    assert scores.shape == (2, 3, 4)
    assert len(np.unique(scores)) == scores.size


def test_a_score_is_of_its_own_sequence_alone(ranker: SequenceRanker, call: Call) -> None:
    alone = replace(call, candidate=call.candidate[:, 1:2])
    np.testing.assert_allclose(ranker(alone)[..., 0], ranker(call)[..., 1], atol=1e-6)


def test_order_and_time_of_the_history_count(ranker: SequenceRanker, call: Call) -> None:
    turned = replace(call, item=call.item[..., ::-1])
    later = replace(call, timestamp=call.timestamp + np.linspace(0, 1e7, EVENTS).astype(int))
    for other in (turned, later):
        assert np.abs(ranker(other) - ranker(call)).max() > 1e-5


def test_blocks_and_widths_are_those_of_the_config() -> None:
    config = replace(TINY.ranking, blocks=2, hidden=(7, 5))
    small = bst(11, {"age": 3}, EVENTS + 1, config).count_params()
    dim, tokens = config.embedding_dim, EVENTS + 1
    # Attention and its norm, the two dense layers and theirs.
    block = 4 * (dim * dim + dim) + 2 * dim + (4 * dim * dim + 4 * dim) + (4 * dim * dim + dim)
    block += 2 * dim
    mlp = ((tokens + 1) * dim + 1) * 7 + (7 + 1) * 5 + (5 + 1) * 1
    assert small == (11 + 34 + 3) * dim + 2 * block + mlp
