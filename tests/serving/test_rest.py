"""Candidates that no search finds."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np
import pytest

from schemas import recommender_pb2 as pb
from schemas.config import IndexConfig, ServeConfig
from serving.catalogue import Catalogue
from serving.eligible import Eligible
from serving.rest import Rest, Score
from serving.retriever import open_retriever
from serving.spread import Spread
from serving.validation import Query, Validator
from tests.serving.build import CARD, make_index, write_catalogue

ITEMS = [
    ("a", "", ["Drama"], 1.0, 5),
    ("b", "", ["Horror"], 2.0, 9),
    ("c", "", ["Drama"], 3.0, 7),
    ("d", "", ["Drama", "Horror"], 4.0, 1),
    ("e", "", [], 5.0, 3),
]


@pytest.fixture
def catalogue(tmp_path: Path) -> Catalogue:
    return Catalogue(write_catalogue(tmp_path, ITEMS), CARD)


@pytest.fixture
def query(catalogue: Catalogue) -> Query:
    request = pb.RecommendRequest(viewers=[pb.Viewer(user_id="u")], k=4)
    return Validator(CARD, catalogue, ServeConfig()).recommend(request)


@pytest.mark.parametrize(
    ("barred", "k", "caps", "rows"),
    [
        # By popularity: b 9, c 7, a 5, e 3, d 1.
        ([], 4, (), "bcae"),
        ([], 9, (), "bcaed"),
        ([1, 4], 4, (), "cad"),
        ([0, 1, 2, 3, 4], 4, (), ""),
        # The second of a genre ends the page: a after c, d after b.
        ([], 9, (("genres", 1),), "bc"),
        ([2], 9, (("genres", 1),), "bae"),
        ([], 9, (("genres", 2),), "bcae"),
    ],
)
def test_the_next_by_popularity(
    catalogue: Catalogue,
    query: Query,
    barred: list[int],
    k: int,
    caps: tuple[tuple[str, int], ...],
    rows: str,
) -> None:
    eligible = Eligible(5, np.array(barred, np.int64), taken=len(barred))
    asked = dataclasses.replace(query, k=k, spread=Spread(caps=caps))
    found = Rest(catalogue)(eligible, asked)
    assert "".join(catalogue.item_ids[row] for row in found) == rows


def test_scores_of_given_items(tmp_path: Path) -> None:
    vectors = np.random.default_rng(0).normal(size=(6, 4)).astype(np.float32)
    retriever = open_retriever(make_index(tmp_path, vectors, vectors, IndexConfig()))
    rows = np.array([1, 4, 5])
    candidates = Score(retriever)(rows, vectors[:2])
    assert candidates.rows is rows
    np.testing.assert_allclose(candidates.scores, vectors[rows] @ vectors[:2].T, rtol=1e-6)
    assert Score(retriever)(rows[:0], vectors[:2]).scores.shape == (0, 2)
