"""Numbers that requests write as text."""

from __future__ import annotations

import math

import numpy as np

from serving.errors import invalid


def read_float32(field: str, text: str) -> float:
    """A number rounded to float32, which is what the models take and the catalogue keeps.

    Raises:
        RequestError: INVALID_ARGUMENT; it is none, or float32 holds none so large.
    """
    try:
        number = float(text)
    except ValueError:
        number = math.nan
    with np.errstate(over="ignore"):
        rounded = float(np.float32(number))
    if not math.isfinite(rounded):
        raise invalid(field, "a finite number", text)
    return rounded
