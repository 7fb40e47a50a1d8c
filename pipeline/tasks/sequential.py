"""Every event is a target once, from the events just before it: what comes next.

The full histories beside the tasks say the same in fewer records, and the models here learn from
those; this form, a row for each prediction, is for models of your own.
"""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from pipeline.gather import spans, within
from pipeline.splits.cut import Cut
from pipeline.tasks.picks import Picks
from schemas.config import PrepareConfig


def pick(profiles: pa.RecordBatch, cut: Cut, config: PrepareConfig) -> Picks:
    """The events of a split, each with what came before it.

    Args:
        profiles: One row per user.
        cut: The split's rows; without targets, all events but the first of their histories are.
        config: `sequence_len`.

    Returns:
        Inputs of the newest `sequence_len` events before the target. Targets that nothing precedes
        give no example.
    """
    user, known, target = cut.user, cut.history, cut.target
    if target is None:
        count = np.maximum(cut.history - 1, 0)
        user, target = np.repeat(cut.user, count), within(count) + 1
        known = target
    some = known > 0
    user, known, target = user[some], known[some], target[some]
    first = spans(profiles).first[user]
    lengths = np.minimum(known, config.sequence_len)
    events = np.repeat(first + known - lengths, lengths) + within(lengths)
    return Picks(user, lengths, events, first + target)
