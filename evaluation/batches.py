"""Rows of a split in batches, and how far one is."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np

Progress = Callable[[str, int, int], None]
"""(what is being done, how much is done, how much there is)."""

Done = Callable[[int, int], None]
"""The last two."""


def show_nothing(*progress: object) -> None:
    """Either of them, for callers that have nowhere to show it."""


def batches(rows: np.ndarray, batch_size: int, done: Done = show_nothing) -> Iterator[np.ndarray]:
    """Yields `rows` in order, at most `batch_size` at a time.

    Args:
        rows: What to go through.
        batch_size: At least 1.
        done: Told of the rows in all batches before, whenever the caller comes back for the next.
    """
    for start in range(0, len(rows), batch_size):
        batch = rows[start : start + batch_size]
        yield batch
        done(start + len(batch), len(rows))
