"""What a comparison has of each model once it is fitted."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np


@dataclass(frozen=True, eq=False)
class Fitted:
    """One model.

    Attributes:
        name: Key in figures.
        title: For people.
        source: The paper that it comes from, "" for none.
        cost: `fit_s`; `peak_mib`, absent where it could not be measured; `lists_s`, absent where no
            list was made; `rating_fit_s` and `rating_peak_mib` of a model that was fitted for
            ratings by itself.
        lists: int32 `[lists, 200]`; None if the model makes none.
        ratings: float32 `[requests]`, NaN where none was predicted; None if it predicts none.
        likes: float32 `[requests]`, how likely the rating is at least the threshold; None likewise.
        curves: For each of its trainings a record for every epoch, as its log has them.
    """

    name: str
    title: str
    source: str
    cost: Mapping[str, float]
    lists: np.ndarray | None = None
    ratings: np.ndarray | None = None
    likes: np.ndarray | None = None
    curves: Mapping[str, Sequence[Mapping[str, Any]]] = field(default_factory=dict)
