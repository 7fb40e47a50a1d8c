"""Groups of people whose tastes are alike, unlike, or left to chance."""

from __future__ import annotations

import numpy as np

from evaluation.groups.people import People

KINDS = ("random", "similar", "dissimilar")


def form_groups(
    people: People, kind: str, size: int, most: int, threshold: float, seed: int
) -> np.ndarray:
    """Forms groups one after the other around people drawn at random; nobody is in two.

    Groups of random people, of people whose pairwise correlations are high, and of people whose
    correlations are low are how group recommenders have been compared since data of real groups is
    scarce (Baltrunas, Makcinskas & Ricci, "Group recommendations with rank aggregation and
    collaborative filtering", RecSys 2010; Kaya, Bridge & Tintarev, "Ensuring fairness in group
    recommendations by rank-sensitive balancing of relevance", RecSys 2020). Those take whom they
    meet above or below a threshold of every pairwise correlation; here, of everybody who is left,
    the next member is the one whose least (similar) or greatest (dissimilar) similarity with those
    already in is the greatest or least, which needs no threshold.

    That nobody is in two groups makes the groups independent, as intervals by group need them. A
    group in which somebody has no liked item left that nobody of it has seen could not be measured,
    so it is not formed, whatever the kind.

    Args:
        people: Who there is.
        kind: One of `KINDS`.
        size: Members of a group, at least 2.
        most: Groups to form; fewer where people run out.
        threshold: Rating from which on a held-out item is liked.
        seed: Seed of who begins a group and of random members.

    Returns:
        int64 `[groups, size]` of people, at least one group.

    Raises:
        ValueError: An argument is out of range, or no group can be formed.
    """
    if kind not in KINDS:
        raise ValueError(f"kind: expected one of {KINDS}, got {kind!r}")
    if size < 2 or most < 1:
        raise ValueError(f"size, most: expected at least 2 and 1, got {size} and {most}")
    rng = np.random.default_rng(seed)
    liked = people.held_out >= threshold  # NaN compares false
    free = np.asarray(liked.any(axis=1))
    groups: list[list[int]] = []
    for first in rng.permutation(len(people)):
        if len(groups) == most:
            break
        if free[first]:
            group = _grow([int(first)], people, liked, free, kind, size, rng)
            if len(group) == size:
                groups.append(group)
                free[group] = False
    if not groups:
        raise ValueError(
            f"groups: expected enough people for one {kind} group of {size}, each with a held-out "
            f"item rated at least {threshold} that no member has seen, got none"
        )
    return np.array(groups, np.int64)


def mean_similarity(people: People, groups: np.ndarray) -> float:
    """Mean of the similarities of all pairs of members, over `groups` (int64 `[groups, size]`)."""
    left, right = np.triu_indices(groups.shape[1], 1)
    return float(people.similarity[groups[:, left], groups[:, right]].mean())


def _grow(
    group: list[int],
    people: People,
    liked: np.ndarray,
    free: np.ndarray,
    kind: str,
    size: int,
    rng: np.random.Generator,
) -> list[int]:
    """Adds members to `group` until it has `size` or nobody fits."""
    while len(group) < size:
        fits = free & _all_have_something(group, people, liked)
        fits[group] = False
        if not fits.any():
            break
        wanted = _suits(group, people, kind, rng)
        group.append(int(np.argmax(np.where(fits, wanted, -np.inf))))
    return group


def _suits(group: list[int], people: People, kind: str, rng: np.random.Generator) -> np.ndarray:
    """How well everybody suits a group of that kind: float64 `[people]`, higher is better."""
    if kind == "random":
        return rng.random(len(people))
    similarity = people.similarity[group]
    return similarity.min(axis=0) if kind == "similar" else -similarity.max(axis=0)


def _all_have_something(group: list[int], people: People, liked: np.ndarray) -> np.ndarray:
    """With whom added every member has a liked item that nobody has seen: bool `[people]`."""
    unseen = ~people.seen[group].any(axis=0)
    possible = np.asarray(liked[:, unseen].any(axis=1))
    for member in group:
        left = np.flatnonzero(liked[member] & unseen)
        possible &= ~people.seen[:, left].all(axis=1)
    return possible
