"""What is counted of ratings, against plain loops, and the tables without a part of the users."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from ranking.known_ratings import (
    ALL,
    COMMON_DAMPING,
    ITEM_DAMPING,
    USER_DAMPING,
    KnownRatings,
    count_ratings,
    part_of,
)
from ranking.neighbours import NO_ITEM
from schemas.histories import Histories
from tests.ranking.test_samples import make_histories

INDICES = 12
LENGTHS = (9, 1, 6, 10, 3, 8, 7)
NEIGHBOURS = 16
PARTS = 3

Ratings = dict[tuple[int, int], float]
"""By user and item."""


@pytest.fixture(scope="module")
def histories() -> Histories:
    """Users rate all but their second event."""
    random = np.random.default_rng(5)
    made = make_histories([(1 + random.permutation(10)[:n]).tolist() for n in LENGTHS])
    rating = random.integers(1, 6, len(made.item_id)).astype(np.float32)
    rating[made.offsets[:-1][made.lengths > 1] + 1] = np.nan
    return replace(made, rating=rating)


def ratings_of(histories: Histories) -> Ratings:
    user = np.repeat(np.arange(len(LENGTHS)), histories.lengths)
    events = zip(user, histories.item_id, histories.rating, strict=True)
    return {(int(u), int(i)): float(r) for u, i, r in events if not np.isnan(r)}


def plain_residuals(ratings: Ratings) -> Ratings:
    mean = np.mean([*ratings.values()])
    residual = {}
    for (user, item), rating in ratings.items():
        others = [r - mean for (u, i), r in ratings.items() if u == user and i != item]
        residual[user, item] = rating - mean - sum(others) / (len(others) + USER_DAMPING)
    return residual


def plain_alike(residual: Ratings) -> np.ndarray:
    """`[indices, indices]`, 0 for items that are not alike."""
    above = {}
    for (user, item), value in residual.items():
        of_item = [v for (_, i), v in residual.items() if i == item]
        above[user, item] = value - sum(of_item) / (len(of_item) + ITEM_DAMPING)
    found = np.zeros((INDICES, INDICES))
    for item in range(INDICES):
        for other in set(range(INDICES)) - {item}:
            both = [u for u, i in above if i == item and (u, other) in above]
            product = sum(above[u, item] * above[u, other] for u in both)
            if product > 0:
                squares = [
                    sum(a**2 for (_, i), a in above.items() if i == o) for o in (item, other)
                ]
                cosine = product / np.sqrt(squares[0] * squares[1])
                found[item, other] = cosine * len(both) / (len(both) + COMMON_DAMPING)
    return found


def dense(known: KnownRatings, table: int) -> np.ndarray:
    """`[indices, indices]` of a table."""
    found = np.zeros((INDICES, INDICES))
    for item, (neighbour, alike) in enumerate(
        zip(known.neighbour[table], known.alike[table], strict=True)
    ):
        real = neighbour != NO_ITEM
        assert (np.diff(neighbour[real]) > 0).all()
        assert not alike[~real].any()
        found[item, neighbour[real]] = alike[real]
    return found


def test_each_table_is_that_of_plain_loops_over_its_users(histories: Histories) -> None:
    known = count_ratings(histories, INDICES, NEIGHBOURS, PARTS)
    users = np.arange(len(LENGTHS))
    for table in range(1 + PARTS):
        counted = users if table == ALL else users[part_of(users, PARTS) != table]
        ratings = {p: r for p, r in ratings_of(histories).items() if p[0] in counted}
        residual = plain_residuals(ratings)
        for item in range(INDICES):
            of_item = [value for (_, i), value in residual.items() if i == item]
            assert known.count[table, item] == len(of_item)
            assert known.total[table, item] == pytest.approx(sum(of_item), abs=1e-5)
        expected = plain_alike(residual)
        np.testing.assert_allclose(dense(known, table), expected, atol=1e-6)
        assert (expected > 0).sum() > 5


def test_every_user_is_left_out_of_one_table(histories: Histories) -> None:
    tables = part_of(np.arange(len(LENGTHS)), PARTS)
    assert set(tables.tolist()) == {1, 2, 3}
    before = count_ratings(histories, INDICES, NEIGHBOURS, PARTS)
    for user, table in enumerate(tables):
        events = slice(*histories.offsets[user : user + 2])
        rating = histories.rating.copy()
        rating[events] = 6 - rating[events]
        after = count_ratings(replace(histories, rating=rating), INDICES, NEIGHBOURS, PARTS)
        for one, other in zip(vars(before).values(), vars(after).values(), strict=True):
            np.testing.assert_array_equal(one[table], other[table])
        assert (before.total[ALL] != after.total[ALL]).any()


def test_the_clearest_neighbours_are_kept(histories: Histories) -> None:
    whole = dense(count_ratings(histories, INDICES, NEIGHBOURS), ALL)
    few = dense(count_ratings(histories, INDICES, 2), ALL)
    for every, kept in zip(whole, few, strict=True):
        np.testing.assert_array_equal(np.sort(every)[-2:], np.sort(kept)[-2:])
        assert (kept > 0).sum() <= 2


@pytest.mark.parametrize("events", ["none", "unrated"])
def test_nothing_rated_is_nothing_known(histories: Histories, events: str) -> None:
    nothing = replace(histories, rating=np.full_like(histories.rating, np.nan))
    if events == "none":
        nothing = nothing.head(np.zeros_like(histories.lengths))
    found = count_ratings(nothing, INDICES, NEIGHBOURS, PARTS)
    assert (found.neighbour == NO_ITEM).all()
    for values in (found.total, found.count, found.alike):
        assert len(values) == 1 + PARTS
        assert not values.any()
