"""Windows of a few events, each a step after the one before; the last event is the target.

The construction of a pair model that read windows of 4 events in steps of 2: windows begin at a
history's first event, the last one ends with its newest, and a history shorter than a window is
padded on the left. A request gives one window, which ends with its target.
"""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from pipeline.gather import PADDING_EVENT, spans, within
from pipeline.splits.cut import Cut
from pipeline.tasks.picks import Picks
from schemas.config import PrepareConfig


def pick(profiles: pa.RecordBatch, cut: Cut, config: PrepareConfig) -> Picks:
    """The windows of a split.

    Args:
        profiles: One row per user.
        cut: The split's rows; without targets, windows lie in their histories.
        config: `window_len` and `window_step`.

    Returns:
        Inputs of `window_len - 1` events each, left-padded. Histories of one event give none.
    """
    user, known, target = cut.user, cut.history, cut.target
    if target is None:
        row, target = _targets(cut.history, config.window_len, config.window_step)
        user, known = cut.user[row], target
    first = spans(profiles).first[user]
    width = config.window_len - 1
    position = known[:, None] - width + np.arange(width)
    events = np.where(position >= 0, first[:, None] + position, PADDING_EVENT)
    return Picks(user, np.full(len(user), width), events.ravel(), first + target)


def _targets(history: np.ndarray, length: int, step: int) -> tuple[np.ndarray, np.ndarray]:
    """Row and position of the last event of each window, int64 `[windows]` each."""
    count = np.maximum(-(-(history - length) // step), 0) + 1
    count = np.where(history > 1, count, 0)
    row = np.repeat(np.arange(len(history)), count)
    return row, np.minimum(within(count) * step + length - 1, history[row] - 1)
