"""From what each member would like to one list for the group: the aggregators of the literature.

Every aggregator takes the members' scores s_u(i) of the same candidates, and gives the places of
the best k candidates, best first. A place stands for a candidate, so equal scores are ordered by
the order that the candidates are given in.

Args of each:
    scores: float `[groups, members, candidates]`, higher is better, no NaN where valid.
    valid: bool `[groups, candidates]`; the rest is padding.
    k: Length of the lists.

Each returns int64 `[groups, k]`, -1 where there are no more candidates, and raises ValueError if a
score of a valid candidate is NaN, or is not one that its formula can take.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from evaluation.groups.greedy import pick_greedily
from evaluation.ordering import order_candidates

Aggregator = Callable[[np.ndarray, np.ndarray, int], np.ndarray]

BORDA_ITEMS = 20
"""Items of each member's own list that GFAR takes for relevant, as in the paper's experiments."""


def average(scores: np.ndarray, valid: np.ndarray, k: int) -> np.ndarray:
    """AVG, additive utilitarian: s(i) = sum_u s_u(i) / |G|.

    Masthoff, "Group modeling: selecting a sequence of television items to suit a group of viewers",
    UMUAI 2004.
    """
    return _best(scores.mean(axis=1, dtype=np.float64), valid, k)


def multiplicative(scores: np.ndarray, valid: np.ndarray, k: int) -> np.ndarray:
    """MUL: s(i) = prod_u s_u(i), of scores of 0 or more.

    Masthoff 2004. Of probabilities that are a softmax of logits it is the order of the mean logit.
    """
    _check_not_negative("multiplicative", scores, valid)
    with np.errstate(divide="ignore"):  # a product of 0 is the least of all, as is -inf
        logs = np.log(np.where(valid[:, None], scores, 1.0).astype(np.float64))
    return _best(logs.sum(axis=1), valid, k)


def least_misery(scores: np.ndarray, valid: np.ndarray, k: int) -> np.ndarray:
    """LMS: s(i) = min_u s_u(i).

    O'Connor, Cosley, Konstan & Riedl, "PolyLens: a recommender system for groups of users", ECSCW
    2001.
    """
    return _best(scores.min(axis=1), valid, k)


def most_pleasure(scores: np.ndarray, valid: np.ndarray, k: int) -> np.ndarray:
    """MPL: s(i) = max_u s_u(i).

    Masthoff 2004.
    """
    return _best(scores.max(axis=1), valid, k)


def gfar(scores: np.ndarray, valid: np.ndarray, k: int) -> np.ndarray:
    """GFAR: each next item adds most to how many members find something relevant in the list.

    Greedily argmax_i sum_u p(i|u) prod_{j in S} (1 - p(j|u)), where S are the items chosen so far
    and p(i|u) = borda_u(i) / sum_j borda_u(j). borda_u(i) is the number of u's own best 20 items
    that u likes less than i, 0 for an item that is not among them. Kaya, Bridge & Tintarev,
    "Ensuring fairness in group recommendations by rank-sensitive balancing of relevance", RecSys
    2020. It reads the order of a member's scores alone.
    """
    relevance = _borda(scores, valid)
    total = relevance.sum(axis=2, keepdims=True)
    probability = np.divide(relevance, total, out=np.zeros_like(relevance), where=total > 0)
    missing = np.ones(scores.shape[:2])  # prod (1 - p(j|u)) `[groups, members]`

    def gain() -> np.ndarray:
        return (probability * missing[:, :, None]).sum(axis=1)

    def chosen(of_items: np.ndarray) -> None:
        missing[:] *= 1.0 - of_items

    return pick_greedily(probability, valid, k, gain, chosen)


def ep_fuzzda(scores: np.ndarray, valid: np.ndarray, k: int) -> np.ndarray:
    """EP-FuzzDA: each next item gives members what brings them nearest to equal shares.

    With r_u what u's scores of the items chosen so far come to, and TOT_i = sum_u (r_u + s_u(i)):
    greedily argmax_i sum_u min(s_u(i), max(0, TOT_i / |G| - r_u)), so that what a member gets
    beyond an equal share of the total counts nothing. Malecek & Peska, "Fairness-preserving group
    recommendations with user weighting", UMAP 2021 adjunct, with equal weights of the members.
    Scores are of 0 or more.
    """
    _check_not_negative("ep_fuzzda", scores, valid)
    utility = np.where(valid[:, None], scores, 0.0).astype(np.float64)
    given = np.zeros(utility.shape[:2])  # r_u `[groups, members]`
    of_candidate = utility.sum(axis=1)

    def gain() -> np.ndarray:
        total = given.sum(axis=1, keepdims=True) + of_candidate
        owed = total[:, None] / utility.shape[1] - given[:, :, None]
        return np.minimum(utility, np.maximum(owed, 0.0)).sum(axis=1)

    def chosen(of_items: np.ndarray) -> None:
        given[:] += of_items

    return pick_greedily(utility, valid, k, gain, chosen)


AGGREGATORS: dict[str, Aggregator] = {
    "avg": average,
    "mul": multiplicative,
    "lms": least_misery,
    "mpl": most_pleasure,
    "gfar": gfar,
    "ep_fuzzda": ep_fuzzda,
}


def _best(score: np.ndarray, valid: np.ndarray, k: int) -> np.ndarray:
    """The k best places by one score of the group, `[groups, candidates]`."""
    places = np.broadcast_to(np.arange(score.shape[1]), score.shape)
    best = order_candidates(places, score, valid)[:, :k]
    return np.pad(best, ((0, 0), (0, k - best.shape[1])), constant_values=-1)


def _borda(scores: np.ndarray, valid: np.ndarray) -> np.ndarray:
    """How many of a member's own best items are worse than each: float64, as `scores`."""
    groups, members, candidates = scores.shape
    own = _best(
        scores.reshape(groups * members, candidates),
        np.repeat(valid, members, axis=0),
        min(BORDA_ITEMS, candidates),
    ).reshape(groups, members, -1)
    listed = own >= 0
    worse = listed.sum(axis=2, keepdims=True) - 1 - np.arange(own.shape[2])
    borda = np.zeros(scores.shape)
    group, member, _ = np.nonzero(listed)
    borda[group, member, own[listed]] = worse[listed]
    return borda


def _check_not_negative(name: str, scores: np.ndarray, valid: np.ndarray) -> None:
    used = scores[np.broadcast_to(valid[:, None], scores.shape)]
    bad = np.count_nonzero(~(used >= 0))  # NaN compares false
    if bad:
        raise ValueError(f"{name}: expected scores of 0 or more, got {bad} others of {used.size}")
