"""The user-item matrix as a picture of fixed size."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from pipeline.describe.shares import rounded, share


def density(
    batches: Iterable[tuple[np.ndarray, np.ndarray]],
    lengths: np.ndarray,
    item_events: np.ndarray,
    cells: int,
) -> np.ndarray:
    """Share of the pairs of a user and an item that are an event, by cell.

    Users are sorted by activity and items by popularity, both descending, and cut into as many
    equal parts as the picture has rows and columns.

    Args:
        batches: `(length, item)` of some users: int64 `[users]`, events of each, and int64
            `[events]`, catalogue rows; all batches together are all users in the order of
            `lengths`.
        lengths: int64 `[users]`, events of each user.
        item_events: int64 `[items]`, events of each item.
        cells: Most rows and most columns.

    Returns:
        float64 `[rows, columns]`, 0 to 1.
    """
    row, users_in_row = _parts(lengths, cells)
    column, items_in_column = _parts(item_events, cells)
    rows, columns = len(users_in_row), len(items_in_column)
    events = np.zeros(rows * columns, np.int64)
    start = 0
    for length, item in batches:
        of_event = np.repeat(row[start : start + len(length)], length)
        events += np.bincount(of_event * columns + column[item], minlength=len(events))
        start += len(length)
    return events.reshape(rows, columns) / np.outer(users_in_row, items_in_column)


def matrix_figures(picture: np.ndarray) -> dict[str, Any]:
    """`rows` and `columns` of the picture, `filled_share` of its cells, `densest` and `top_left`.

    `densest` is the share of pairs that are an event in the densest cell, `top_left` that of the
    most active users and the most popular items.
    """
    return {
        "rows": picture.shape[0],
        "columns": picture.shape[1],
        "filled_share": share((picture > 0).sum(), picture.size),
        "densest": rounded(picture.max()),
        "top_left": rounded(picture[0, 0]),
    }


def _parts(counts: np.ndarray, most: int) -> tuple[np.ndarray, np.ndarray]:
    """Part of each owner, the largest counts in part 0, and the size of each part."""
    parts = min(most, len(counts))
    part = np.empty(len(counts), np.int64)
    part[np.argsort(-counts, kind="stable")] = np.arange(len(counts)) * parts // len(counts)
    return part, np.bincount(part, minlength=parts)
