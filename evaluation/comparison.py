"""Two runs on the same requests: how much they differ, and whether by more than chance."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa

from evaluation.metrics.accuracy import NAMES, accuracy
from evaluation.per_request import LIST, REQUEST, targets_of
from evaluation.requests import lists_begin
from evaluation.resampling import bootstrap_intervals, by_user, randomisation_test
from schemas.columns import USER_ID
from schemas.config import EvaluateConfig


def compare(ours: pa.Table, theirs: pa.Table, config: EvaluateConfig) -> dict[str, dict[str, Any]]:
    """Paired by request, drawn by user.

    Args:
        ours: `per_request` of one evaluation.
        theirs: The same of the one it is held against.
        config: `resamples` and `seed`.

    Returns:
        For each model of both, and each accuracy figure: `ours`, `theirs`, `difference` (ours less
        theirs), `interval` (`[low, high]`, 95 % of the difference by bootstrap) and `p` (of the
        randomisation test; one test for each figure, not corrected for their number).

    Raises:
        ValueError: They are not of the same requests, or have no model in common.
    """
    _check_same_requests(ours, theirs)
    left, right = targets_of(ours), targets_of(theirs)
    models = [name for name in left if name in right]
    if not models:
        raise ValueError(f"evaluations: expected a model in common, got {[*left]} and {[*right]}")
    first = lists_begin(ours[LIST].to_numpy())
    users = ours[USER_ID].to_numpy()[first]
    return {
        name: compared(accuracy(left[name]), accuracy(right[name]), users, config)
        for name in models
    }


def compared(
    ours: np.ndarray, theirs: np.ndarray, users: np.ndarray, config: EvaluateConfig
) -> dict[str, Any]:
    """One model against another: see `compare`.

    Args:
        ours: float64 `[lists, NAMES]`.
        theirs: The same of the other, in the same lists.
        users: object (str) `[lists]`; a user's lists are neighbours.
        config: `resamples` and `seed`.
    """
    difference = by_user(ours - theirs, users)
    low, high = bootstrap_intervals(difference, config.resamples, config.seed)
    p = randomisation_test(difference, config.resamples, config.seed)
    return {
        figure: {
            "ours": float(ours[:, at].mean()),
            "theirs": float(theirs[:, at].mean()),
            "difference": float(difference.mean[at]),
            "interval": [float(low[at]), float(high[at])],
            "p": float(p[at]),
        }
        for at, figure in enumerate(NAMES)
    }


def _check_same_requests(ours: pa.Table, theirs: pa.Table) -> None:
    if len(ours) != len(theirs):
        got = f"{len(ours)} and {len(theirs)}"
        raise ValueError(f"evaluations: expected the same requests, got {got} of them")
    for name in REQUEST:
        if ours[name] != theirs[name]:
            raise ValueError(f"evaluations: expected the same requests, got another {name}")
