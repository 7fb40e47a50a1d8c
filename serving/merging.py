"""Calls of one signature made into one call, and its outputs taken apart again.

Padding is the models' own (docs/artifacts.md): an id of "" is never looked up, owners beyond
`owner_count` are masked, and no candidate sees another, so what a row gets is what it gets alone.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from schemas import columns
from serving.signatures import Arrays, Shapes

_MISSING = {"O": b"", "i": 0, "f": np.nan}
"""By kind of dtype: what says that there is nothing."""

_FILLERS = {columns.RETRIEVAL_SCORE: 0.0}
"""Of inputs that a model reads as they are: there NaN would be an answer, and not its absence."""


def rows(inputs: Arrays) -> int:
    """Length of the batch axis."""
    return len(next(iter(inputs.values())))


def merged(calls: Sequence[Arrays]) -> dict[str, np.ndarray]:
    """The inputs of several calls one below the other, each padded on the right of every axis.

    Args:
        calls: At least one; the same names, dtypes and numbers of axes.
    """
    return {name: _stacked(name, [inputs[name] for inputs in calls]) for name in calls[0]}


def part(outputs: Arrays, start: int, shapes: Shapes) -> dict[str, np.ndarray]:
    """What one call gets of a merged call's outputs.

    Args:
        outputs: Of the merged call.
        start: Where the call's rows begin.
        shapes: Of its own outputs.
    """
    return {
        name: outputs[name][(slice(start, start + shape[0]), *_corner(shape))]
        for name, shape in shapes.items()
    }


def padded_cells(calls: Sequence[Arrays]) -> int:
    """How many values the merged inputs hold, padding included."""
    return sum(
        sum(len(inputs[name]) for inputs in calls)
        * math.prod(_widest([inputs[name] for inputs in calls]))
        for name in calls[0]
    )


def _stacked(name: str, values: Sequence[np.ndarray]) -> np.ndarray:
    widest = _widest(values)
    if all(value.shape[1:] == widest for value in values):
        return np.concatenate(values)
    filler = _FILLERS.get(name, _MISSING[values[0].dtype.kind])
    stacked = np.full((sum(map(len, values)), *widest), filler, values[0].dtype)
    start = 0
    for value in values:
        stacked[(slice(start, start + len(value)), *_corner(value.shape))] = value
        start += len(value)
    return stacked


def _corner(shape: tuple[int, ...]) -> tuple[slice, ...]:
    """Of every axis but the first, as much as a shape has."""
    return tuple(slice(length) for length in shape[1:])


def _widest(values: Sequence[np.ndarray]) -> tuple[int, ...]:
    """The longest of each axis but the first."""
    return tuple(map(max, zip(*(value.shape[1:] for value in values), strict=True)))
