"""Why a match, or a match not made, deserves a look."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from pipeline.joining.choose import ALONE, DECIDERS, GENRE, NOTHING, VOTES, YEAR, Choice
from pipeline.joining.matches import EXACT, FUZZY, PART_OF_TITLE, Doubt
from pipeline.joining.pairs import UNKNOWN_GAP, Pairs
from schemas.config import MAX_SCORE, JoinConfig

TAKEN = {
    "one_of_several": "other records have this title; `decided` says what set the next apart",
    "year_differs": "the same title, but not the same year",
    "no_year": "the same title, but one of the years is not known",
    "low_score": "a similarity little above the threshold",
    "part_of_title": "the same year, no other genre, and a part of one title is the other",
    "shared_id": "several items have this IMDb id",
}
LEFT_OUT = {
    "tied": "nothing sets two records apart",
    "contested": "the record went to an item that is nearer",
    "too_far": "the same title, but too many years apart",
    "near_miss": "a similarity little below the threshold",
}


def doubts(
    method: int,
    pairs: Pairs,
    distance: np.ndarray,
    genre: np.ndarray,
    choice: Choice,
    config: JoinConfig,
) -> Iterator[Doubt]:
    """What is doubtful about a choice.

    Args:
        method: How the pairs were found, index into `matches.METHODS`.
        pairs: Those chosen among.
        distance: `[pairs]` float64, how far apart title and year are together.
        genre: `[pairs]` bool, whether they share a genre.
        choice: What was chosen.
        config: The settings.
    """
    for reason, positions in _reasons(method, pairs, distance, genre, choice, config):
        for at in positions.tolist():
            decided = int(choice.decided[at])
            yield Doubt(
                reason=reason,
                item=int(pairs.item[at]),
                record=int(pairs.record[at]),
                score=float(pairs.score[at]),
                runner_up=int(choice.runner_up[at]),
                decided="" if decided in (ALONE, NOTHING) else DECIDERS[decided],
            )


def _reasons(
    method: int,
    pairs: Pairs,
    distance: np.ndarray,
    genre: np.ndarray,
    choice: Choice,
    config: JoinConfig,
) -> Iterator[tuple[str, np.ndarray]]:
    taken = choice.taken
    decided = choice.decided[taken]
    # A remake of the same genre is a doubt, another title is none.
    remade = (decided == YEAR) & genre[taken]
    yield "one_of_several", taken[remade | (decided == GENRE) | (decided == VOTES)]
    if method == EXACT:
        gap = pairs.gap[taken]
        yield "no_year", taken[gap == UNKNOWN_GAP]
        yield "year_differs", taken[(gap > 0) & (gap != UNKNOWN_GAP)]
        yield "too_far", choice.refused
    if method == FUZZY:
        yield "low_score", taken[MAX_SCORE - distance[taken] < config.min_score + config.near_miss]
        yield "near_miss", choice.refused
    if method == PART_OF_TITLE:
        yield "part_of_title", taken
    yield "tied", choice.tied
    yield "contested", choice.contested
