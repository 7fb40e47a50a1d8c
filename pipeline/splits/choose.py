"""The split that the configuration names."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa

from pipeline.splits.cut import Split
from pipeline.splits.global_time import at_cut_offs
from pipeline.splits.leave_one_out import LeaveOneOut
from pipeline.splits.temporal_user import TemporalUser
from pipeline.splits.user_based import UserBased
from schemas.columns import HISTORY_TIMESTAMP
from schemas.config import PrepareConfig


def choose_split(config: PrepareConfig, profiles: Sequence[Path]) -> Split:
    """Builds it; `global_time` reads the timestamps of all events, 8 bytes each, to do so.

    Args:
        config: `split` and its parameters.
        profiles: The shard files that `collect` wrote.

    Raises:
        ValueError: The events cannot be divided so.
    """
    if config.split == "global_time":
        return at_cut_offs(config, _timestamps(profiles))
    if config.split == "temporal_user":
        return TemporalUser(
            config.test_share,
            config.validation_share,
            config.min_history,
            config.requests_per_user,
            config.requests_taken,
        )
    if config.split == "user_based":
        return UserBased(
            config.test_share,
            config.validation_share,
            config.input_share,
            config.min_history,
            config.requests_per_user,
            config.requests_taken,
            config.seed,
        )
    return LeaveOneOut(config.min_events)


def _timestamps(profiles: Sequence[Path]) -> np.ndarray:
    found = [np.empty(0, np.int64)]
    for path in profiles:
        with pa.memory_map(str(path)) as source, pa.ipc.open_file(source) as file:
            for number in range(file.num_record_batches):
                times = file.get_batch(number).column(HISTORY_TIMESTAMP).flatten()
                found.append(times.to_numpy().copy())  # else it points into the closed file
    return np.concatenate(found)
