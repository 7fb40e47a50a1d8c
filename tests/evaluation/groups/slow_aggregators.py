"""The aggregators again, each written down for one group as its paper has it, loop by loop."""

from __future__ import annotations

import math
from collections.abc import Callable

Scores = list[list[float]]
"""A score of each member, for each candidate."""


def total(values: list[float]) -> float:
    """In the order given, each sum rounded, as numpy does it over an axis that is not the last."""
    found = 0.0
    for value in values:
        found += value
    return found


def by_score(scores: Scores, k: int, of_group: Callable[[list[float]], float]) -> list[int]:
    score = [of_group([member[at] for member in scores]) for at in range(len(scores[0]))]
    return sorted(range(len(score)), key=lambda at: (-score[at], at))[:k]


def average(scores: Scores, k: int) -> list[int]:
    return by_score(scores, k, total)


def multiplicative(scores: Scores, k: int) -> list[int]:
    return by_score(scores, k, math.prod)


def least_misery(scores: Scores, k: int) -> list[int]:
    return by_score(scores, k, min)


def most_pleasure(scores: Scores, k: int) -> list[int]:
    return by_score(scores, k, max)


def gfar(scores: Scores, k: int, listed: int = 20) -> list[int]:
    probability = []
    for member in scores:
        own = sorted(range(len(member)), key=lambda at: (-member[at], at))[:listed]
        borda = {at: len(own) - 1 - place for place, at in enumerate(own)}
        most = sum(borda.values())
        probability.append([borda.get(at, 0) / most if most else 0.0 for at in range(len(member))])
    chosen: list[int] = []
    missing = [1.0] * len(scores)
    while len(chosen) < min(k, len(scores[0])):
        left = [at for at in range(len(scores[0])) if at not in chosen]
        gain = {
            at: total([p[at] * none for p, none in zip(probability, missing, strict=True)])
            for at in left
        }
        best = max(left, key=lambda at: (gain[at], -at))
        chosen.append(best)
        missing = [none * (1 - p[best]) for p, none in zip(probability, missing, strict=True)]
    return chosen


def ep_fuzzda(scores: Scores, k: int) -> list[int]:
    chosen: list[int] = []
    given = [0.0] * len(scores)
    while len(chosen) < min(k, len(scores[0])):
        left = [at for at in range(len(scores[0])) if at not in chosen]
        gain = {}
        for at in left:
            share = (total(given) + total([member[at] for member in scores])) / len(scores)
            gain[at] = total(
                [
                    min(member[at], max(0.0, share - got))
                    for member, got in zip(scores, given, strict=True)
                ]
            )
        best = max(left, key=lambda at: (gain[at], -at))
        chosen.append(best)
        given = [got + member[best] for member, got in zip(scores, given, strict=True)]
    return chosen


SLOW: dict[str, Callable[[Scores, int], list[int]]] = {
    "avg": average,
    "mul": multiplicative,
    "lms": least_misery,
    "mpl": most_pleasure,
    "gfar": gfar,
    "ep_fuzzda": ep_fuzzda,
}
