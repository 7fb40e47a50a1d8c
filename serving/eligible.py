"""The catalogue without what may not be returned, and why it may not."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from serving.catalogue import Catalogue
from serving.page_token import Page


@dataclass(frozen=True)
class Eligible:
    """The items that may be returned; each of the others counts for one reason.

    Attributes:
        items: Items of the catalogue; those that were deleted are none, and never allowed.
        barred: Distinct rows that may not be returned, int64, ascending.
        allowed: `[rows]` bool, of which rows that are not barred may be; None: all.
        filtered: Items that the filters do not let through.
        taken: Of the others, those seen or excluded.
        shown: Of what is left, those on earlier pages.
    """

    items: int
    barred: np.ndarray
    allowed: np.ndarray | None = None
    filtered: int = 0
    taken: int = 0
    shown: int = 0

    def __len__(self) -> int:
        return self.items - self.filtered - self.taken - self.shown

    def of(self, rows: np.ndarray) -> np.ndarray:
        """Those of some rows that may be returned, in their order."""
        may = np.ones(self.items, dtype=bool) if self.allowed is None else self.allowed.copy()
        may[self.barred] = False
        return rows[may[rows]]


def only(catalogue: Catalogue, rows: np.ndarray) -> Eligible:
    """Some distinct rows and no others."""
    allowed = np.zeros(len(catalogue), dtype=bool)
    allowed[rows] = True
    nothing = np.zeros(0, dtype=np.int64)
    return Eligible(len(allowed), nothing, allowed, filtered=len(allowed) - len(rows))


def eligible_items(
    catalogue: Catalogue, taken: np.ndarray, passing: np.ndarray | None, page: Page
) -> Eligible:
    """What is left of the catalogue.

    Args:
        catalogue: All of it.
        taken: Distinct rows that were seen or are excluded, int64, ascending.
        passing: `[rows]` bool, what the filters let through; None: all.
        page: Where the page begins.
    """
    items = catalogue.count
    if catalogue.live is not None:
        passing = catalogue.live if passing is None else passing & catalogue.live
    filtered = 0 if passing is None else items - int(np.count_nonzero(passing))
    of_taken = _passing(taken, passing)
    if page.cursor is not None:
        # By far too many for a list of rows.
        before = np.zeros(len(catalogue), dtype=bool)
        before[page.shown] = before[catalogue.popular[: page.cursor]] = True
        open_ones = ~before if passing is None else passing & ~before
        left = int(np.count_nonzero(open_ones)) - _passing(taken, open_ones)
        shown = items - filtered - of_taken - left
        return Eligible(items, taken, open_ones, filtered, of_taken, shown)
    if not len(page.shown):
        return Eligible(items, taken, passing, filtered, of_taken)
    barred = np.union1d(taken, page.shown)
    return Eligible(
        items, barred, passing, filtered, of_taken, _passing(barred, passing) - of_taken
    )


def _passing(rows: np.ndarray, passing: np.ndarray | None) -> int:
    """How many of some distinct rows pass."""
    return len(rows) if passing is None else int(np.count_nonzero(passing[rows]))
