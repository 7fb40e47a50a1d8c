"""How often a list has what was asked for before what was not."""

from __future__ import annotations

import numpy as np

from evaluation.metrics.accuracy import MISSED, Targets


def list_auc(targets: Targets, listed: np.ndarray, candidates: np.ndarray) -> np.ndarray:
    """AUC of each list: the share of pairs of a target and another item that it orders rightly.

    sum_{t in T} sum_{j not in T} [t before j] / (|T| (candidates - |T|)), where t and j that are
    both unlisted count half: the list ends and says nothing of their order (Rendle et al., "BPR:
    Bayesian personalized ranking from implicit feedback", UAI 2009, section 3.2; ties: Hanley &
    McNeil, Radiology 1982).

    Args:
        targets: See `Targets`; a rank is a place among the list's items.
        listed: int64 `[lists]`, items of each list.
        candidates: int64 `[lists]`, items that could be listed, the targets among them.

    Returns:
        float64 `[lists]`, NaN where every candidate is a target.
    """
    found = targets.rank != MISSED
    others = candidates - targets.size
    listed_others = listed - targets.total(found)
    order = np.lexsort((targets.rank, targets.of_list))
    of_list, rank = targets.of_list[order], targets.rank[order]
    first = np.repeat(np.cumsum(targets.size) - targets.size, targets.size)
    targets_before = np.arange(len(order)) - first
    after = others[of_list] - (np.where(found[order], rank, 0) - 1 - targets_before)
    tied = (others - listed_others)[of_list] / 2
    right = np.bincount(of_list, np.where(found[order], after, tied))
    with np.errstate(invalid="ignore"):
        return right / np.where(others > 0, targets.size * others, np.nan)
