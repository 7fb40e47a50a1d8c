"""Shares of counts."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

_ROUNDING = 1e-9
"""More than products of counts and shares are off by, and less than a share of anything counted."""


def whole_share(counts: NDArray[np.int64], share: float) -> NDArray[np.int64]:
    """The whole part of a share of each count, int64.

    Of what is meant: a 49th of 49 is 1, although `49 * (1 / 49)` is less.
    """
    return np.floor(counts * share + _ROUNDING).astype(np.int64)
