"""What is known of an item by its ratings: how it is rated, and which items are rated alike.

Counted over all events that may be fitted, the ratings that training asks for among them. A ranker
that learned with its own answers in these figures would trust them far too much; taking an answer
out of the sums afterwards does not help, for it took part in which neighbours were kept
(docs/decisions.md has the figures). So users are dealt into parts, and a user's training batches
read figures counted over the users of the other parts, as in cross-fitting (Chernozhukov et al.
2018, doi.org/10.1111/ectj.12097).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import sparse

from ranking.strongest import blocks, strongest, values_at
from schemas.histories import Histories

USER_DAMPING = 5.0
"""Ratings of the mean that each user is given, so that a few say little."""
ITEM_DAMPING = 3.0
"""The same of each item."""
COMMON_DAMPING = 100.0
"""Common raters without any likeness that each two items are given."""
ALL = 0
"""The table that counts every user."""


@dataclass(frozen=True)
class KnownRatings:
    """Tables of figures of every item: `ALL`, then one without each part of the users.

    An event's *residual* is its rating less the mean of all and less the damped mean of what its
    user gave otherwise.

    Attributes:
        total: `[tables, indices]` float32, sum of the item's residuals.
        count: `[tables, indices]` float32, its ratings.
        neighbour: `[tables, indices, neighbours]` int32, the items that are most clearly rated
            alike, ascending; `ranking.neighbours.NO_ITEM` at the end.
        alike: `[tables, indices, neighbours]` float32, how clearly, above 0 and below 1; 0 at the
            end. With residuals less their item's damped mean: the product of the two items' over
            the n who rated both, by the lengths of each item's over all who rated it, times
            n / (n + `COMMON_DAMPING`) (significance weighting, Herlocker et al. 2002,
            doi.org/10.1023/A:1020443909834).
    """

    total: np.ndarray
    count: np.ndarray
    neighbour: np.ndarray
    alike: np.ndarray


def part_of(user: np.ndarray, parts: int) -> np.ndarray:
    """The table that does not count these user rows."""
    return 1 + user % parts


def count_ratings(
    histories: Histories, indices: int, neighbours: int, parts: int = 0
) -> KnownRatings:
    """Counts.

    Args:
        histories: The events to count.
        indices: Item indices there are, padding included.
        neighbours: Neighbours of an item that are kept; a power of two.
        parts: Parts that users are dealt into; there is a table without each.
    """
    user = np.repeat(np.arange(len(histories.users)), histories.lengths)
    rated = ~np.isnan(histories.rating)
    user, item, rating = user[rated], histories.item_id[rated], histories.rating[rated]
    tables = 1 + parts
    known = KnownRatings(
        total=np.empty((tables, indices), np.float32),
        count=np.empty((tables, indices), np.float32),
        neighbour=np.empty((tables, indices, neighbours), np.int32),
        alike=np.empty((tables, indices, neighbours), np.float32),
    )
    for table in range(tables):
        kept = np.ones(len(user), bool) if table == ALL else part_of(user, parts) != table
        _count(user[kept], item[kept], rating[kept], known, table)
    return known


def _count(
    user: np.ndarray, item: np.ndarray, rating: np.ndarray, known: KnownRatings, table: int
) -> None:
    """Fills one table, from rated events."""
    indices = known.total.shape[1]
    residual = _residuals(user, rating)
    total, count = known.total[table], known.count[table]
    total[:] = np.bincount(item, residual, minlength=indices)
    count[:] = np.bincount(item, minlength=indices)
    deviation = residual - (total / (count + ITEM_DAMPING))[item]
    square = np.bincount(item, np.square(deviation), minlength=indices)
    shape = (user.max(initial=0) + 1, indices)
    given, one = (
        sparse.coo_array((values.astype(np.float32), (user, item)), shape=shape).tocsr()
        for values in (deviation, np.ones(len(item)))
    )
    _rated_alike(given, one, square, known.neighbour[table], known.alike[table])


def _residuals(user: np.ndarray, rating: np.ndarray) -> np.ndarray:
    """Of rated events, float64; the user's own mean leaves the event itself out."""
    if not len(rating):
        return np.zeros(0)
    deviation = rating - rating.mean(dtype=np.float64)
    total, count = np.bincount(user, deviation), np.bincount(user)
    return deviation - (total[user] - deviation) / (count[user] - 1 + USER_DAMPING)


def _rated_alike(
    given: sparse.csr_array,
    one: sparse.csr_array,
    square: np.ndarray,
    neighbour: np.ndarray,
    kept: np.ndarray,
) -> None:
    """Finds the neighbours of each item.

    Args:
        given: `[users, indices]` what users gave an item above what it is given.
        one: The same shape, 1 where something was rated.
        square: `[indices]`, sums of the squares of `given`.
        neighbour: Is filled; a table of `KnownRatings.neighbour`.
        kept: Is filled; a table of `KnownRatings.alike`.
    """
    indices, neighbours = neighbour.shape
    length = np.sqrt(np.maximum(square, np.finfo(np.float32).tiny)).astype(np.float32)
    of_item, one_of_item = given.T.tocsr(), one.T.tocsr()
    for rows in blocks(np.minimum(one_of_item @ one.sum(axis=1), indices)):
        alike, raters = of_item[rows] @ given, one_of_item[rows] @ one
        alike.sort_indices()
        alike = alike.multiply(_significance(raters)).tocsr()
        row = np.repeat(np.arange(indices)[rows], np.diff(alike.indptr))
        alike.data /= length[row]
        alike.data /= length[alike.indices]
        alike.data[row == alike.indices] = 0.0
        neighbour[rows] = strongest(alike, neighbours)
        kept[rows] = values_at(alike, neighbour[rows])


def _significance(raters: sparse.csr_array) -> sparse.csr_array:
    """By how many people rated both, `[rows, indices]`, above 0 and below 1."""
    raters.sort_indices()
    return sparse.csr_array(
        (raters.data / (raters.data + COMMON_DAMPING), raters.indices, raters.indptr),
        shape=raters.shape,
    )
