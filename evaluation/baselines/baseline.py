"""What a baseline is, for tables of them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Protocol

import numpy as np
from scipy import sparse

from evaluation.histories import RawHistories
from evaluation.ranking_protocol import Scorer
from evaluation.requests import Requests

EXTRAS: dict[str, tuple[str, ...]] = {
    "baselines": ("implicit", "sklearn", "xgboost"),
    "lightfm": ("lightfm",),
    "spark": ("pyspark",),
}
"""Extra of setup.py to the modules that baselines import of it."""

ENVIRONMENTS = {"rectools": Path(".peers/rectools/bin/python")}
"""What no extra can bring to the Python of a virtual environment below the working directory."""


class FitScorer(Protocol):
    """Fits a scorer."""

    def __call__(
        self, fitted: RawHistories, item_features: sparse.csr_array | None, seed: int
    ) -> Scorer:
        """Fits the events of `fitted`, and features of the items: `[items, values]` or None."""


class RatingPredictor(Protocol):
    """Anything that predicts ratings."""

    def predict(self, requests: Requests, rows: np.ndarray) -> np.ndarray:
        """Predicted rating of each row's target item: float32 `[rows]`."""


class FitRatings(Protocol):
    """Fits a predictor of ratings."""

    def __call__(self, fitted: RawHistories, seed: int = 0) -> RatingPredictor:
        """Fits the rated events of `fitted`."""


def always(fitted: RawHistories) -> bool:
    """For models of any events."""
    return True


@dataclass(frozen=True)
class Baseline:
    """A model that ranks the catalogue.

    Attributes:
        name: Key in figures.
        title: For people.
        source: The paper that it comes from.
        fit: Fits it with its defaults; the same seed gives the same scores.
        needs: Extra of setup.py or one of `ENVIRONMENTS` that it takes, "" for none.
        applies: Whether it can be fitted on these histories.
    """

    name: str
    title: str
    source: str
    fit: FitScorer
    needs: str = ""
    applies: Callable[[RawHistories], bool] = always


@dataclass(frozen=True)
class RatingBaseline:
    """A model that predicts ratings; attributes as those of `Baseline`."""

    name: str
    title: str
    source: str
    fit: FitRatings
    needs: str = ""
    applies: Callable[[RawHistories], bool] = always


def missing(baseline: Baseline | RatingBaseline) -> list[str]:
    """Modules of the extra that a baseline needs which are not installed, or its Python."""
    python = ENVIRONMENTS.get(baseline.needs)
    if python is not None:
        return [] if python.exists() else [str(python)]
    return [name for name in EXTRAS.get(baseline.needs, ()) if find_spec(name) is None]
