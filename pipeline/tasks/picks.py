"""What a task takes out of profiles, and the label of an example."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from schemas.config import PrepareConfig


class Picks(NamedTuple):
    """Examples as positions in a batch of profiles, as `pipeline.gather.gather` takes them.

    Attributes:
        user: int64 `[examples]`, row of the profile.
        lengths: int64 `[examples]`, events of the input.
        events: int64 `[sum(lengths)]`, flat positions of the input, or `gather.PADDING_EVENT`.
        target: int64 `[examples]`, flat position of the target.
    """

    user: np.ndarray
    lengths: np.ndarray
    events: np.ndarray
    target: np.ndarray


def liked(rating: np.ndarray, config: PrepareConfig) -> np.ndarray:
    """True where a rating reaches `target_min_rating`, or none was given (NaN): bool."""
    return ~(rating < config.target_min_rating)


def label(rating: np.ndarray, config: PrepareConfig) -> np.ndarray:
    """float32: the rating, or with implicit labels 1 for what was liked and 0 for what was not."""
    if config.task_label == "explicit":
        return rating.astype(np.float32)
    return liked(rating, config).astype(np.float32)
