"""Accuracy of ranked lists, each with one held-out item or several.

Every function takes the ranks of all targets and a cut-off k, and gives one value for each list; a
figure is their mean over the lists. T is the set of a list's targets, rank(t) the place of one.
With a single target HR is recall, and MRR is MAP.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

MISSED = np.iinfo(np.int64).max
"""Rank of a target that is not in the list at all; beyond every cut-off."""
CUT_OFFS = (10, 50, 200)
LONGEST = max(CUT_OFFS)
"""Items of a list that are looked at."""


class Targets(NamedTuple):
    """Where the targets of some lists are.

    Attributes:
        of_list: int64 `[targets]`, number of the target's list: rising, from 0 on, no number left
            out.
        rank: int64 `[targets]`, 1-based place in that list, `MISSED` if it is not there.
    """

    of_list: np.ndarray
    rank: np.ndarray

    def within(self, k: int) -> np.ndarray:
        """Targets of each list among its first k: float64 `[lists]`."""
        return self.total(self.rank <= k)

    def total(self, values: np.ndarray) -> np.ndarray:
        """Sum over each list's targets: float64 `[lists]`."""
        return np.bincount(self.of_list, values)

    @property
    def size(self) -> np.ndarray:
        """|T| of each list: int64 `[lists]`."""
        return np.bincount(self.of_list)


def hit_rate(targets: Targets, k: int) -> np.ndarray:
    """HR@k: 1 if any target is among the first k.

    Deshpande & Karypis, "Item-based top-N recommendation algorithms", TOIS 2004.
    """
    return (targets.within(k) > 0).astype(np.float64)


def recall(targets: Targets, k: int) -> np.ndarray:
    """Recall@k = |{t in T: rank(t) <= k}| / |T|.

    Manning, Raghavan & Schütze, "Introduction to information retrieval", 2008, chapter 8.
    """
    return targets.within(k) / targets.size


def precision(targets: Targets, k: int) -> np.ndarray:
    """Precision@k = |{t in T: rank(t) <= k}| / k, also of a list that has fewer than k items.

    Manning, Raghavan & Schütze, 2008, chapter 8.
    """
    return targets.within(k) / k


def ndcg(targets: Targets, k: int) -> np.ndarray:
    """NDCG@k = DCG@k / IDCG@k.

    DCG@k = sum_{rank(t) <= k} 1 / log2(rank(t) + 1),
    IDCG@k = sum_{i=1..min(k, |T|)} 1 / log2(i + 1).
    Järvelin & Kekäläinen, "Cumulated gain-based evaluation of IR techniques", TOIS 2002, with the
    discount of Burges et al., "Learning to rank using gradient descent", ICML 2005.
    """
    gain = 1.0 / np.log2(targets.rank + 1.0)
    ideal = np.cumsum(1.0 / np.log2(np.arange(1, k + 1) + 1.0))
    found = targets.total(np.where(targets.rank <= k, gain, 0.0))
    return found / ideal[np.minimum(targets.size, k) - 1]


def graded_ndcg(targets: Targets, gain: np.ndarray, k: int) -> np.ndarray:
    """NDCG@k where some targets are worth more than others.

    DCG@k = sum_{rank(t) <= k} gain(t) / log2(rank(t) + 1), over the same sum of the k greatest
    gains at the ranks 1 to k (papers as for `ndcg`).

    Args:
        targets: See `Targets`.
        gain: float `[targets]`, above 0.
        k: Cut-off.
    """
    discounted = np.where(targets.rank <= k, gain / np.log2(targets.rank + 1.0), 0.0)
    order = np.lexsort((-gain, targets.of_list))
    size = targets.size
    place = 1 + np.arange(len(order)) - np.repeat(np.cumsum(size) - size, size)
    best = np.where(place <= k, gain[order] / np.log2(place + 1.0), 0.0)
    return targets.total(discounted) / targets.total(best)


def reciprocal_rank(targets: Targets, k: int) -> np.ndarray:
    """MRR@k: 1 / the least rank(t), 0 if that is beyond k.

    Voorhees, "The TREC-8 question answering track report", 1999.
    """
    first = np.flatnonzero(np.diff(targets.of_list, prepend=-1))
    best = np.minimum.reduceat(targets.rank, first)
    return np.where(best <= k, 1.0 / best, 0.0)


def average_precision(targets: Targets, k: int) -> np.ndarray:
    """MAP@k = sum_{rank(t) <= k} |{u in T: rank(u) <= rank(t)}| / rank(t), over |T|.

    Manning, Raghavan & Schütze, 2008, equation 8.8, of lists that end at k. The divisor is |T| even
    where it is more than k, as in trec_eval.
    """
    order = np.lexsort((targets.rank, targets.of_list))
    size = targets.size
    found = 1 + np.arange(len(order)) - np.repeat(np.cumsum(size) - size, size)
    rank = targets.rank[order]
    precision = np.where(rank <= k, found / rank, 0.0)
    return np.bincount(targets.of_list, precision) / size


DEFINITIONS = {
    "hr": hit_rate,
    "recall": recall,
    "precision": precision,
    "ndcg": ndcg,
    "mrr": reciprocal_rank,
    "map": average_precision,
}
NAMES = tuple(f"{name}@{k}" for name in DEFINITIONS for k in CUT_OFFS)


def accuracy(targets: Targets) -> np.ndarray:
    """Every figure of every list: float64 `[lists, NAMES]`."""
    values = [definition(targets, k) for definition in DEFINITIONS.values() for k in CUT_OFFS]
    return np.stack(values, axis=1)


def ranks_in_lists(lists: np.ndarray, of_list: np.ndarray, target: np.ndarray) -> np.ndarray:
    """Rank of each target in its list.

    Args:
        lists: int `[lists, k]` of item indices, best first, -1 behind the end.
        of_list: int64 `[targets]`, row of the target's list.
        target: int `[targets]`, item index.

    Returns:
        int64 `[targets]`, 1-based; `MISSED` for a target that is not listed.
    """
    found = lists[of_list] == target[:, None]
    return np.where(found.any(axis=1), 1 + found.argmax(axis=1), MISSED)
