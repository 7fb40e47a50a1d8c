"""What a baseline is, for tables of them."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from importlib.metadata import distributions, packages_distributions, version
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

PROGRAMS = {"spark": ("java",)}
"""What an extra takes besides."""

ENVIRONMENTS = {"rectools": Path(".peers/rectools/bin/python")}
"""What no extra can bring to the Python of a virtual environment below the working directory."""
OF_ENVIRONMENTS = {"rectools": ("rectools", "torch")}
"""The distributions in it."""


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
    """What a baseline needs that is not installed: modules of its extra, programs, its Python."""
    python = ENVIRONMENTS.get(baseline.needs)
    if python is not None:
        return [] if python.exists() else [str(python)]
    modules = [name for name in EXTRAS.get(baseline.needs, ()) if find_spec(name) is None]
    return modules + [n for n in PROGRAMS.get(baseline.needs, ()) if shutil.which(n) is None]


def library_versions(baseline: Baseline | RatingBaseline) -> dict[str, str]:
    """Versions of the libraries that a baseline, of which nothing is missing, stands on."""
    python = ENVIRONMENTS.get(baseline.needs)
    if python is None:
        modules, known = EXTRAS.get(baseline.needs, ()), packages_distributions()
        return {name: version(name) for module in modules for name in known.get(module, ())}
    places = [str(path) for path in python.parents[1].glob("lib/python*/site-packages")]
    return {
        name: found.version
        for name in OF_ENVIRONMENTS[baseline.needs]
        for found in distributions(name=name, path=places)
    }
