"""Products of factors that do not depend on how many rows are asked for at once."""

from __future__ import annotations

import numpy as np


def dot_products(left: np.ndarray, right: np.ndarray) -> np.ndarray:
    """Every row of `left` times every row of `right`.

    BLAS picks its kernel, and with it the order of a sum, by the shape: a person's scores would
    change in the last digit with the batch, and a tie with them. This loop always sums alike.

    Args:
        left: float32 `[rows, factors]`.
        right: float32 `[items, factors]`.

    Returns:
        float32 `[rows, items]`.
    """
    return np.einsum("rf,if->ri", left, right, optimize=False)
