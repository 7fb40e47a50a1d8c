"""Whether a list has the kinds of items that its person has, and how many kinds it has.

`shares` is sparse float64 `[items, values]`: p(g|i), the share of value g, such as a genre, in item
i; a row adds up to 1, or is 0 for an item of which nothing is known.
"""

from __future__ import annotations

import numpy as np
from scipy import sparse

from evaluation.metrics.members import members_of

SMOOTHING = 0.01
"""Share of the person's own distribution in the list's, as in the paper: without it a kind that the
list lacks would make the divergence infinite."""


def miscalibration(
    lists: np.ndarray, history: sparse.csr_array, shares: sparse.csr_array
) -> np.ndarray:
    """C_KL = sum_g p(g) log(p(g) / q(g)), in nats: 0 if a list has what its person has.

    p(g) is the mean of p(g|i) over the items of the history, q(g) is .99 times that over the list's
    items plus .01 p(g); items of which nothing is known have no part in either (Steck, "Calibrated
    recommendations", RecSys 2018, equations 2, 3 and 5, with equal weights).

    Args:
        lists: int `[lists, k]` of item indices, -1 behind the end of a shorter one.
        history: Sparse float64 `[lists, items]`, how often each item is in the list's history.
        shares: See above.

    Returns:
        float64 `[lists]`, NaN where nothing is known of the history or of the list.
    """
    person = _distribution(history @ shares)
    listed = _distribution(members_of(lists, shares.shape[0]) @ shares)
    smooth = ((1 - SMOOTHING) * listed + SMOOTHING * person).multiply(person > 0).tocsr()
    for matrix in (person, smooth):  # both now hold the same places, in the same order
        matrix.sort_indices()
    terms = person.data * np.log(person.data / smooth.data)
    place = person.tocoo().row
    known = (np.diff(person.indptr) > 0) & (np.diff(listed.indptr) > 0)
    return np.where(known, np.bincount(place, terms, minlength=len(lists)), np.nan)


def value_coverage(lists: np.ndarray, shares: sparse.csr_array) -> np.ndarray:
    """Share of the catalogue's values that a list's items have between them.

    Of genres it is the genre coverage of Vargas, Baltrunas, Karatzoglou & Castells, "Coverage,
    redundancy and size-awareness in genre diversity for recommender systems", RecSys 2014.

    Args:
        lists: int `[lists, k]` of item indices, -1 behind the end of a shorter one.
        shares: See above.

    Returns:
        float64 `[lists]`, NaN for a list without items.
    """
    found = members_of(lists, shares.shape[0]) @ shares
    values = np.count_nonzero(shares.sum(axis=0))
    covered = np.diff((found > 0).tocsr().indptr) / values
    return np.where((lists >= 0).any(axis=1), covered, np.nan)


def _distribution(total: sparse.csr_array) -> sparse.csr_array:
    """The same with rows that add up to 1, or are empty."""
    total = sparse.csr_array(total)
    total.eliminate_zeros()
    whole = total.sum(axis=1)
    return (sparse.diags_array(1 / np.where(whole > 0, whole, 1)) @ total).tocsr()
