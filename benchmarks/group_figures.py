"""Figures of groups under the flat names of docs/results/."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np

from evaluation.groups.lists import OF_AGGREGATORS, OF_MODEL, RETRIEVAL
from evaluation.groups.measures import NAMES, Measured, measure
from schemas.config import EvaluateConfig

SURE = ("ndcg@10_mean", "ndcg@10_min")
"""Figures that have intervals and are compared."""

Values = Mapping[str, np.ndarray]
"""Name of each list to the figures of each group, as `group_values` gives them."""


def figures_of_model(cell: str, values: Values, config: EvaluateConfig) -> dict[str, float]:
    """Of every list of the model: its figures, and by how much it is ahead of its peers.

    Peers are retrieval's order and the aggregators over the same scores; of the lists by rating but
    the joint one, the average alone.

    Args:
        cell: What groups they are, such as `similar_4`.
        values: Of these groups.
        config: `resamples` and `seed`.
    """
    figures: dict[str, float] = {}
    for asked, lists in OF_MODEL.items():
        for ours in lists:
            prefix = f"{cell}_{ours}"
            figures |= {f"{prefix}_{name}": value for name, value in _means(values[ours]).items()}
            figures |= _intervals(prefix, measure(values[ours], config.resamples, config.seed))
            every = (RETRIEVAL, *OF_AGGREGATORS[asked])
            for theirs in every if ours == lists[0] else (f"{asked}_avg",):
                ahead = measure(values[ours] - values[theirs], config.resamples, config.seed)
                for name in SURE:
                    over = f"{prefix}_{name}_over_{theirs}"
                    figures |= {over: round(ahead[name].value, 4)}
                    figures |= _ends(over, ahead[name])
    return figures


def figures_of_peers(cell: str, values: Values) -> dict[str, dict[str, float]]:
    """The figures of every other list; arguments as `figures_of_model` has them."""
    peers = (RETRIEVAL, *(name for lists in OF_AGGREGATORS.values() for name in lists))
    return {
        peer: {f"{cell}_{name}": value for name, value in _means(values[peer]).items()}
        for peer in peers
    }


def lines(cell: str, values: Values) -> Iterator[str]:
    """A line for each list: mean over the groups of the mean and of the least NDCG@10."""
    for name, value in values.items():
        mean, least = (_means(value)[figure] for figure in SURE)
        yield f"{cell:<13} {name:<22} mean {mean:.4f}  min {least:.4f}"


def _means(values: np.ndarray) -> dict[str, float]:
    return dict(zip(NAMES, values.mean(axis=0).round(4).tolist(), strict=True))


def _intervals(prefix: str, measured: Mapping[str, Measured]) -> dict[str, float]:
    ends: dict[str, float] = {}
    for name in SURE:
        ends |= _ends(f"{prefix}_{name}", measured[name])
    return ends


def _ends(name: str, measured: Measured) -> dict[str, float]:
    return {f"{name}_low": round(measured.low, 4), f"{name}_high": round(measured.high, 4)}
