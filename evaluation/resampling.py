"""How far a figure would move with other users: intervals and paired tests, by user.

A user's lists are not independent of each other, so users are drawn and their lists come along.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

CONFIDENCE = 0.95
CELLS = 4_000_000
"""Most draws (users x resamples) held at once, 8 bytes each."""


class ByUser(NamedTuple):
    """Values of lists, summed by user.

    Attributes:
        total: float64 `[users, figures]`.
        lists: int64 `[users]`, lists of each user, at least 1.
    """

    total: np.ndarray
    lists: np.ndarray

    @property
    def mean(self) -> np.ndarray:
        """Mean over all lists: float64 `[figures]`."""
        return self.total.sum(axis=0) / self.lists.sum()


def by_user(values: np.ndarray, user_ids: np.ndarray) -> ByUser:
    """Sums values.

    Args:
        values: float64 `[lists, figures]`.
        user_ids: object (str) `[lists]`; a user's lists are neighbours.
    """
    first = np.flatnonzero(np.concatenate([[True], user_ids[1:] != user_ids[:-1]]))
    lists = np.diff(np.append(first, len(user_ids)))
    return ByUser(np.add.reduceat(values, first, axis=0), lists)


def bootstrap_intervals(values: ByUser, resamples: int, seed: int) -> np.ndarray:
    """Percentile intervals of the means: float64 `[2, figures]`, low and high.

    Args:
        values: What was measured.
        resamples: How often all users are drawn.
        seed: Seed of the draws.
    """
    return percentile_interval(bootstrap_means(values, resamples, seed))


def bootstrap_means(values: ByUser, resamples: int, seed: int) -> np.ndarray:
    """Means over users drawn anew: float64 `[resamples, figures]`.

    Users are drawn with replacement, as many as there are (Efron & Tibshirani, "An introduction to
    the bootstrap", 1993, chapter 13; by cluster: Davison & Hinkley, "Bootstrap methods and their
    application", 1997, section 3.8). Arguments as for `bootstrap_intervals`.
    """
    rng, users = np.random.default_rng(seed), len(values.lists)
    means = []
    for count in _blocks(resamples, users):
        drawn = rng.integers(users, size=(count, users)) + users * np.arange(count)[:, None]
        times = np.bincount(drawn.ravel(), minlength=count * users).reshape(count, users)
        times = times.astype(np.float64)
        means.append((times @ values.total) / (times @ values.lists)[:, None])
    return np.concatenate(means)


def percentile_interval(drawn: np.ndarray) -> np.ndarray:
    """The middle 95 % of `[resamples, figures]`: float64 `[2, figures]`."""
    return np.quantile(drawn, [(1 - CONFIDENCE) / 2, (1 + CONFIDENCE) / 2], axis=0)


def randomisation_test(difference: ByUser, resamples: int, seed: int) -> np.ndarray:
    """Two-sided p-values of the hypothesis that nothing differs: float64 `[figures]`.

    If two runs do not differ, each user's difference could as well have the other sign. p is the
    share of random signs that give a mean difference at least as large, the observed one counted
    among them (Smucker, Allan & Carterette, "A comparison of statistical significance tests for
    information retrieval evaluation", CIKM 2007).

    Args:
        difference: Of the same lists in two runs.
        resamples: How often the signs are drawn; the least p is 1 / (resamples + 1).
        seed: Seed of the draws.
    """
    rng, users = np.random.default_rng(seed), len(difference.lists)
    observed = np.abs(difference.total.sum(axis=0))
    # Sums in another order differ in the last bits, and equal ones must count.
    least = observed * (1 - 1e-9)
    as_large = np.zeros(len(observed), np.int64)
    for count in _blocks(resamples, users):
        sign = rng.integers(2, size=(count, users)) * 2.0 - 1.0
        as_large += (np.abs(sign @ difference.total) >= least).sum(axis=0)
    return (1 + as_large) / (1 + resamples)


def holm(p: np.ndarray) -> np.ndarray:
    """p-values corrected for their number: below .05, an error among all of them is below 5 %.

    The i-th smallest of n is multiplied by n + 1 - i, and none is below a smaller one's (Holm, "A
    simple sequentially rejective multiple test procedure", Scandinavian Journal of Statistics
    1979).

    Args:
        p: float64 `[tests]`.

    Returns:
        float64 `[tests]`, in the same order.
    """
    order = np.argsort(p, kind="stable")
    times = np.arange(len(p), 0, -1)
    corrected = np.empty(len(p))
    corrected[order] = np.minimum(np.maximum.accumulate(p[order] * times), 1.0)
    return corrected


def _blocks(resamples: int, users: int) -> Iterator[int]:
    """`resamples` in parts of at most `CELLS` draws."""
    largest = max(1, CELLS // users)
    for start in range(0, resamples, largest):
        yield min(largest, resamples - start)
