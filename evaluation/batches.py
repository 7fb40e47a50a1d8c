"""Rows of a split in batches."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np


def batches(rows: np.ndarray, batch_size: int) -> Iterator[np.ndarray]:
    """Yields `rows` in order, at most `batch_size` at a time.

    Raises:
        ValueError: `batch_size` is below 1.
    """
    if batch_size < 1:
        raise ValueError(f"batch_size: expected at least 1, got {batch_size}")
    for start in range(0, len(rows), batch_size):
        yield rows[start : start + batch_size]
