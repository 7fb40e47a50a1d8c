"""One record for an item, one item for a record, out of the pairs that may be."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from pipeline.joining.pairs import Pairs

DECIDERS = ("title", "year", "genre", "votes")
"""What can set the best record of an item apart from its next one."""
ALONE, TITLE, YEAR, GENRE, VOTES, NOTHING = range(-1, 5)


@dataclass(frozen=True)
class Evidence:
    """What speaks for each pair.

    Attributes:
        distance: `[pairs]` float64, how far apart title and year are together.
        genre: `[pairs]` bool, whether they share a genre.
        votes: `[pairs]` float64, of the record; NaN unknown.
        allowed: `[pairs]` bool, whether the pair may be taken at all.
    """

    distance: np.ndarray
    genre: np.ndarray
    votes: np.ndarray
    allowed: np.ndarray


@dataclass(frozen=True)
class Choice:
    """What was chosen, and on what grounds. Arrays hold positions in the pairs.

    Attributes:
        taken: The pairs taken; every item and every record at most once.
        refused: Best pairs of items none of whose pairs are allowed.
        tied: Best pairs of items whose best two nothing sets apart; none of these is taken.
        contested: Best pairs of items whose records all went to nearer items.
        decided: `[pairs]` int64, index into `DECIDERS` of what sets an item's best pair apart;
            `ALONE` where it is the only one.
        runner_up: `[pairs]` int64, record of the item's next pair, or -1.
    """

    taken: np.ndarray
    refused: np.ndarray
    tied: np.ndarray
    contested: np.ndarray
    decided: np.ndarray
    runner_up: np.ndarray


def choose(pairs: Pairs, evidence: Evidence) -> Choice:
    """Takes the nearest pairs first: by title and year, then a shared genre, then votes.

    An item whose best record went to a nearer item gets its next one. An item is left out where
    nothing sets its best two records apart: a guess would be wrong half of the time.
    """
    votes = np.nan_to_num(evidence.votes, nan=-1.0)
    keys = (pairs.record, -votes, ~evidence.genre, pairs.gap, evidence.distance)
    order = np.lexsort((*keys, pairs.item))
    first = _first(pairs.item[order])
    decided, runner_up = _next_best(pairs, evidence, votes, order, first)
    best = order[first]
    refused = ~evidence.allowed[best]
    tied = ~refused & (decided[best] == NOTHING)

    able = np.isin(pairs.item, pairs.item[best[~refused & ~tied]]) & evidence.allowed
    queue = np.lexsort((pairs.item, *keys))
    taken = _greedy(pairs, queue[able[queue]])
    lost = ~refused & ~tied & ~np.isin(pairs.item[best], pairs.item[taken])
    return Choice(taken, best[refused], best[tied], best[lost], decided, runner_up)


def _next_best(
    pairs: Pairs, evidence: Evidence, votes: np.ndarray, order: np.ndarray, first: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """What decides between the first and second pair of each item, written at the first."""
    decided = np.full(len(pairs), ALONE)
    runner_up = np.full(len(pairs), -1)
    at = np.flatnonzero(first[:-1] & ~first[1:]) if len(first) else np.empty(0, np.int64)
    a, b = order[at], order[at + 1]
    same_title = (pairs.level[a] == pairs.level[b]) & (pairs.score[a] == pairs.score[b])
    decided[a] = np.select(
        [
            ~same_title & (evidence.distance[a] != evidence.distance[b]),
            pairs.gap[a] != pairs.gap[b],
            evidence.genre[a] != evidence.genre[b],
            votes[a] != votes[b],
        ],
        [TITLE, YEAR, GENRE, VOTES],
        NOTHING,
    )
    runner_up[a] = pairs.record[b]
    return decided, runner_up


def _greedy(pairs: Pairs, queue: np.ndarray) -> np.ndarray:
    """Goes down the queue and takes each pair whose item and record are both free."""
    items: set[int] = set()
    records: set[int] = set()
    taken = []
    for position, item, record in zip(
        queue.tolist(), pairs.item[queue].tolist(), pairs.record[queue].tolist(), strict=True
    ):
        if item not in items and record not in records:
            items.add(item)
            records.add(record)
            taken.append(position)
    return np.array(taken, np.int64)


def _first(sorted_items: np.ndarray) -> np.ndarray:
    first = np.ones(len(sorted_items), bool)
    first[1:] = np.diff(sorted_items) != 0
    return first
