"""Lists as a matrix of which item is in which list."""

from __future__ import annotations

import numpy as np
from scipy import sparse


def members_of(lists: np.ndarray, items: int) -> sparse.csr_array:
    """1 where the list has the item: sparse float64 `[lists, items]`.

    Args:
        lists: int `[lists, k]` of item indices, each once in a list, -1 behind its end.
        items: Of the catalogue.
    """
    row, column = np.nonzero(lists >= 0)
    place = (row, lists[row, column])
    return sparse.coo_array((np.ones(len(row)), place), shape=(len(lists), items)).tocsr()
