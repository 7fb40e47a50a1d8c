"""Statistics of an example's own past: nothing that its input does not hold.

And the one statistic that others' events are in, the item's average, which comes from `train` with
the example's own rating left out.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pyarrow as pa

from pipeline.gather import spans
from pipeline.tasks.facts import FeatureValues, ItemFacts
from schemas.columns import HISTORY_ITEM_ID, HISTORY_RATING

HISTORY_COUNT, HISTORY_MEAN = "history_count", "history_mean"
ITEM_MEAN, LABEL = "target_item_mean", "target_label"


def past_statistics(examples: pa.RecordBatch, facts: ItemFacts) -> dict[str, np.ndarray]:
    """Counts and average ratings of the events of each example's input.

    Args:
        examples: Rows with `history_item_id` and `history_rating`; padding is not counted.
        facts: The items' feature values.

    Returns:
        float32 each: `history_count` and `history_mean` `[examples, 1]`, and for each feature
        `history_<feature>_count` and `history_<feature>_mean` `[examples, values]`. An average is
        of the rated events, NaN where there are none; an event of several values counts for each.
    """
    length = spans(examples).length
    row = np.repeat(np.arange(len(examples)), length)
    item = facts.rows(examples.column(HISTORY_ITEM_ID).flatten())
    rating = examples.column(HISTORY_RATING).flatten().to_numpy(zero_copy_only=False)
    real = item >= 0
    row, item, rating = row[real], item[real], rating[real]
    count, mean = _by_cell(row, rating, (len(examples), 1))
    found = {HISTORY_COUNT: count, HISTORY_MEAN: mean}
    for name, values in facts.values.items():
        event, code = _expanded(item, values)
        shape = (len(examples), len(values.names))
        cell = row[event] * len(values.names) + code
        count, mean = _by_cell(cell, rating[event], shape)
        found |= {f"history_{name}_count": count, f"history_{name}_mean": mean}
    return found


def item_mean(
    facts: ItemFacts, item: np.ndarray, ratings: np.ndarray, in_train: np.ndarray
) -> np.ndarray:
    """Average rating of each example's item in `train`, the example's own ratings left out.

    Args:
        facts: The items' train ratings.
        item: int64 `[examples]`, place in the catalogue.
        ratings: `[examples, owners]`, the ratings that the label is made of, NaN where none.
        in_train: bool, the same shape: which of them `train` holds.

    Returns:
        float32 `[examples, 1]`; NaN where nobody else rated the item.
    """
    own = in_train & ~np.isnan(ratings)
    count = facts.rating_count[item] - own.sum(axis=1)
    total = facts.rating_sum[item] - np.where(own, ratings, 0.0).sum(axis=1)
    return _ratio(total, count).astype(np.float32)[:, None]


def widths(values: Mapping[str, FeatureValues]) -> dict[str, int]:
    """Numbers of an example in their order, and how many values each has."""
    found = {LABEL: 1, ITEM_MEAN: 1, HISTORY_COUNT: 1, HISTORY_MEAN: 1}
    for name, known in values.items():
        found |= {
            f"history_{name}_count": len(known.names),
            f"history_{name}_mean": len(known.names),
        }
    return found


def _by_cell(
    cell: np.ndarray, rating: np.ndarray, shape: tuple[int, int]
) -> tuple[np.ndarray, np.ndarray]:
    """Events and mean rating of each cell of a table, float32 `shape` each."""
    size = shape[0] * shape[1]
    rated = ~np.isnan(rating)
    total = np.bincount(cell[rated], rating[rated].astype(np.float64), minlength=size)
    mean = _ratio(total, np.bincount(cell[rated], minlength=size))
    count = np.bincount(cell, minlength=size)
    return count.reshape(shape).astype(np.float32), mean.reshape(shape).astype(np.float32)


def _ratio(total: np.ndarray, count: np.ndarray) -> np.ndarray:
    return np.where(count > 0, total / np.maximum(count, 1), np.nan)


def _expanded(item: np.ndarray, values: FeatureValues) -> tuple[np.ndarray, np.ndarray]:
    """Position of the event and code of each value of each event's item."""
    count = values.offsets[item + 1] - values.offsets[item]
    event = np.repeat(np.arange(len(item)), count)
    within = np.arange(len(event)) - np.repeat(np.cumsum(count) - count, count)
    return event, values.codes[np.repeat(values.offsets[item], count) + within]
