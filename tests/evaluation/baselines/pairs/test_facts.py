"""Features of people and films, by hand and against those of prepared examples."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from evaluation.baselines.pairs.encoder import read_pairs
from evaluation.baselines.pairs.facts import Facts
from evaluation.requests import read_requests
from schemas.artifacts import Artifact
from tests.evaluation.build import make_requests

NAN = float("nan")


@pytest.fixture(scope="module")
def facts(by_hand: Artifact) -> Facts:
    return Facts.read(by_hand)


def test_averages_of_films_by_hand(facts: Facts) -> None:
    # `train` holds films 1 to 7 of user 1, everything of user 2, and all but film 4 of user 3.
    # Catalogue order is 1, 10, 2, 3, ...; film 1: (5 + 1) / 2, 2: (4 + 2) / 2, 3: (3 + 3) / 2,
    # 4: (2 + 4) / 2, 5: (1 + 2 + 5) / 3, 6: (5 + 3 + 4) / 3, 7: 4, 8: user 3's 1; 9, 10: nobody.
    np.testing.assert_allclose(facts.item_mean, [3, NAN, 3, 3, 3, 8 / 3, 4, 4, 1, NAN], rtol=1e-6)


def test_genres_of_films_by_hand(facts: Facts) -> None:
    # Action, Comedy, Drama; rows 4 and 7 of the catalogue are films 4 and 7.
    features = facts.films(np.array([4, 7]), np.array([3.5, NAN], np.float32))
    np.testing.assert_array_equal(features, [[3.5, 1, 0, 0], [NAN, 0, 1, 1]])


def test_people_by_hand(facts: Facts) -> None:
    # Rows 0, 2 and 6 are films 1, 2 (action) and 6 (comedy and drama).
    ratings = [[5, NAN, 2], [NAN], []]
    requests = make_requests([[0, 2, 6], [6], []], [4, 4, 4], 10, ratings=ratings)
    found = facts.people(requests, np.array([2, 0, 1]))
    expected = [[NAN, 0, 0, 0], [3.5, 2, 1, 1], [NAN, 0, 1, 1]]
    np.testing.assert_array_equal(found, expected)
    newest = dataclasses.replace(facts, events=2).people(requests, np.array([0]))
    np.testing.assert_array_equal(newest, [[2, 1, 1, 1]])


def test_prepared_pairs_by_hand(by_hand: Artifact, facts: Facts) -> None:
    # Film 6 is rated by users 1, 2 and 3, so it has three pairs; films 2, 3, 4, 5 and 8 have one
    # each, for user 2's film 5 has no history and user 3's film 4 is held out.
    pairs = read_pairs(by_hand, "fit", facts)
    assert len(pairs.rating) == 8
    # Films 6, users 1 and 3: 5 and 4; before it they gave 5 4 3 2 1 to action, 1 2 3 to action.
    # The other who rated it in `train` is user 2, with 3.
    row = np.flatnonzero(pairs.rating == 4.5)
    assert len(row) == 1
    np.testing.assert_array_equal(pairs.people[row[0]], [[3, 5, 0, 0], [2, 3, 0, 0]])
    np.testing.assert_array_equal(pairs.film[row[0]], [3, 0, 1, 1])
    # Film 8, users 1 and 3: 3, in `fit` alone, and 1; nobody else rated it.
    row = np.flatnonzero(np.isnan(pairs.film[:, 0]) & (pairs.film[:, 2] == 1))
    np.testing.assert_allclose(pairs.rating[row], [2])
    # User 1 gave 5 4 3 2 1 to action, 5 4 to comedy and drama; user 3 1 2 3 5 and 4.
    np.testing.assert_allclose(pairs.people[row[0]], [[24 / 7, 5, 2, 2], [3, 4, 1, 1]], rtol=1e-6)


def test_a_request_has_the_features_of_its_prepared_examples(signal: Artifact) -> None:
    # Each person of a test pair is described by the history that their requests have.
    facts = Facts.read(signal)
    requests = read_requests(signal.path, "test")
    prepared = read_pairs(signal, "test", facts)
    known = np.unique(facts.people(requests, requests.rows), axis=0)
    examples = np.unique(prepared.people.reshape(-1, prepared.people.shape[-1]), axis=0)
    assert len(examples) > 50
    distance = np.abs(known[None] - examples[:, None]).max(axis=-1).min(axis=1)
    assert distance.max() < 1e-5
    # A test rating is not in `train`, so nothing is left out of the films' averages.
    films = facts.films(np.arange(requests.items), facts.item_mean)
    gaps = np.abs(np.nan_to_num(films)[None] - np.nan_to_num(prepared.film)[:, None])
    assert gaps.max(axis=-1).min(axis=1).max() < 1e-5


def test_without_statistics_there_are_no_facts(by_hand: Artifact) -> None:
    config = by_hand.manifest["config"] | {"statistics_features": []}
    other = dataclasses.replace(by_hand, manifest=by_hand.manifest | {"config": config})
    with pytest.raises(ValueError, match=r"prepare.statistics_features: expected some"):
        Facts.read(other)
