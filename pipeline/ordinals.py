"""One number for a row's place in the source: which file of the table, and which line of it."""

from __future__ import annotations

import numpy as np

LINE_BITS = 40
"""A file may have 2**40 lines and a table 2**23 files."""


def ordinals(file_number: int, lines: np.ndarray) -> np.ndarray:
    """Places of rows, int64, which sort as the files and the lines in them do.

    Args:
        file_number: Place of the file among the table's.
        lines: `[rows]` int64, line numbers; the file's first is 1.
    """
    return (file_number << LINE_BITS) + lines


def places(ordinal: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """`(file numbers, line numbers)` of ordinals, each `[rows]` int64."""
    return ordinal >> LINE_BITS, ordinal & ((1 << LINE_BITS) - 1)
