"""Items to records by title and year: the same title, then a similar one, then a part of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from pipeline.joining.choose import Evidence, choose
from pipeline.joining.doubts import doubts
from pipeline.joining.forms import PART, SAME, Forms, title_forms
from pipeline.joining.genres import has_genre, share_genre
from pipeline.joining.matches import EXACT, FUZZY, PART_OF_TITLE, Matches
from pipeline.joining.pairs import UNKNOWN_GAP, Pairs, same_title, similar_title
from schemas.config import MAX_SCORE, JoinConfig


@dataclass(frozen=True)
class Films:
    """One side of the join.

    Attributes:
        forms: Every form of every title.
        year: `[films]` float64, NaN unknown.
        genres: `[films]` list of string.
        votes: `[films]` float64, NaN unknown.
    """

    forms: Forms
    year: np.ndarray
    genres: pa.Array
    votes: np.ndarray


def films(table: pa.Table) -> Films:
    """From a table with the columns of `records.TITLES`."""
    column = {name: table.column(name).combine_chunks() for name in table.column_names}
    return Films(
        title_forms(column["title"], column["alternative_titles"]),
        column["year"].to_numpy().astype(np.float64),
        column["genres"],
        column["imdb_votes"].to_numpy().astype(np.float64),
    )


class TitleJoin:
    """The join of two sides, which goes on from what is already matched.

    Args:
        items: The items.
        records: The records.
        matches: What was found before; what is found here is added to it.
        config: The settings.
        free_items: `[items]` bool, whose record is looked for.
        free_records: `[records]` bool, which may be given to them.
    """

    def __init__(
        self,
        items: Films,
        records: Films,
        matches: Matches,
        config: JoinConfig,
        free_items: np.ndarray,
        free_records: np.ndarray,
    ) -> None:
        self.items, self.records, self.matches, self.config = items, records, matches, config
        self._open = free_items & (matches.record < 0)
        self._free_records = free_records

    def run(self, progress: Callable[[int, int], None]) -> None:
        """Takes the same titles first, then similar ones, then parts of titles.

        Args:
            progress: Called with `(years done, years)` of the search for similar titles.
        """
        ours, theirs = self._left(self.items.forms, self.records.forms)
        pairs = same_title(ours, theirs, self._gap)
        whole = pairs.take(pairs.level < PART)
        self._take(EXACT, whole, whole.level + whole.gap, self._near(whole))

        ours, theirs = self._left(ours, theirs)
        years = (self.items.year, self.records.year)
        similar = similar_title(ours, theirs, years, self._gap, self.config, progress)
        score = similar.score - self.config.year_penalty * similar.gap
        self._take(FUZZY, similar, MAX_SCORE - score, score >= self.config.min_score)

        parts = pairs.take((pairs.level >= PART) & (pairs.gap == 0))
        parts = parts.take(self._untaken()[parts.record])
        self._take(PART_OF_TITLE, parts, parts.level.astype(np.float64), self._genres_agree(parts))

    def _left(self, items: Forms, records: Forms) -> tuple[Forms, Forms]:
        """The forms of what is not matched yet."""
        return items.take(self._open[items.row]), records.take(self._untaken()[records.row])

    def _take(self, method: int, pairs: Pairs, distance: np.ndarray, allowed: np.ndarray) -> None:
        """Chooses among the pairs of items that are still open."""
        still = self._open[pairs.item]
        pairs, distance, allowed = pairs.take(still), distance[still], allowed[still]
        genre = share_genre(self.items.genres, self.records.genres, pairs.item, pairs.record)
        votes = self.records.votes[pairs.record]
        choice = choose(pairs, Evidence(distance, genre, votes, allowed))
        taken = pairs.take(choice.taken)
        self.matches.take(taken.item, taken.record, method, taken.score)
        self.matches.doubts += doubts(method, pairs, distance, genre, choice, self.config)
        for done in (choice.taken, choice.tied, choice.contested):
            self._open[pairs.item[done]] = False

    def _gap(self, item: np.ndarray, record: np.ndarray) -> np.ndarray:
        gap = np.abs(self.items.year[item] - self.records.year[record])
        return np.where(np.isnan(gap), UNKNOWN_GAP, gap)

    def _near(self, pairs: Pairs) -> np.ndarray:
        """Which pairs of the same title are near enough in time; without a year only the title."""
        unknown = (pairs.gap == UNKNOWN_GAP) & (pairs.level == SAME)
        return (pairs.gap <= self.config.year_tolerance) | unknown

    def _genres_agree(self, pairs: Pairs) -> np.ndarray:
        """Which pairs share a genre, or have one side that names none."""
        ours, theirs = self.items.genres, self.records.genres
        named = has_genre(ours)[pairs.item] & has_genre(theirs)[pairs.record]
        return share_genre(ours, theirs, pairs.item, pairs.record) | ~named

    def _untaken(self) -> np.ndarray:
        """`[records]` bool: free records that no item has."""
        free = self._free_records.copy()
        free[self.matches.record[self.matches.record >= 0]] = False
        return free
