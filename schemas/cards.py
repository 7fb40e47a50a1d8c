"""Dataset cards: which features a catalogue has and of what kind, and the rating scale.

A card is a TOML file. Everything downstream (the TF-Transform graph, both models, the exported
signatures, the server) reads the features from it, so no feature name is written in model code.
"""

from __future__ import annotations

import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

CARDS = Path(__file__).parent / "datasets"


class FeatureKind(StrEnum):
    """How a raw column becomes model input; every kind but `display` ends as int64 indices."""

    CATEGORICAL = "categorical"
    """One string; vocabulary with out-of-vocabulary buckets. "" is missing."""
    MULTI_CATEGORICAL = "multi_categorical"
    """A list of strings; the same vocabulary treatment for each."""
    NUMERIC = "numeric"
    """One float; quantile bucket. NaN is missing."""
    DISPLAY = "display"
    """One string shown to people and kept in the catalogue, never a model input."""


@dataclass(frozen=True)
class Card:
    """A dataset's features.

    Attributes:
        name: Dataset family, for messages and manifests.
        rating_min: Lowest rating of the scale.
        rating_max: Highest rating of the scale.
        user_features: Feature name to kind, in card order; none is multi-valued, for models take
            one value of each.
        item_features: Feature name to kind, in card order.
    """

    name: str
    rating_min: float
    rating_max: float
    user_features: dict[str, FeatureKind]
    item_features: dict[str, FeatureKind]

    @property
    def user_inputs(self) -> dict[str, FeatureKind]:
        """The user features that models read."""
        return _inputs(self.user_features)

    @property
    def item_inputs(self) -> dict[str, FeatureKind]:
        """The item features that models read."""
        return _inputs(self.item_features)

    def to_dict(self) -> dict[str, Any]:
        """The card as plain data; `card_from_dict` turns it back."""
        return {
            "name": self.name,
            "rating": {"min": self.rating_min, "max": self.rating_max},
            "user_features": {name: str(kind) for name, kind in self.user_features.items()},
            "item_features": {name: str(kind) for name, kind in self.item_features.items()},
        }


def load_card(path: Path) -> Card:
    """Reads a card from TOML.

    Raises:
        ValueError: A key is missing or unknown, a feature kind is not one of `FeatureKind`, or a
            user feature is multi-valued.
    """
    with path.open("rb") as file:
        return card_from_dict(tomllib.load(file), str(path))


def card_from_dict(raw: dict[str, Any], where: str) -> Card:
    """Builds a card from plain data; `where` names the source in errors.

    Raises:
        ValueError: As `load_card`.
    """
    expected = {"name", "rating", "user_features", "item_features"}
    if set(raw) != expected:
        raise ValueError(f"{where}: expected the keys {sorted(expected)}, got {sorted(raw)}")
    if set(raw["rating"]) != {"min", "max"}:
        raise ValueError(f"{where}: rating: expected min and max, got {sorted(raw['rating'])}")
    low, high = float(raw["rating"]["min"]), float(raw["rating"]["max"])
    if not low < high:
        raise ValueError(f"{where}: rating: expected min < max, got {low} and {high}")
    single = [kind for kind in FeatureKind if kind is not FeatureKind.MULTI_CATEGORICAL]
    user = _kinds(raw["user_features"], single, f"{where}: user_features")
    item = _kinds(raw["item_features"], list(FeatureKind), f"{where}: item_features")
    both = sorted(set(user) & set(item))
    if both:
        raise ValueError(f"{where}: {both} named both as user and as item features")
    return Card(raw["name"], low, high, user, item)


def _kinds(raw: dict[str, str], known: Sequence[FeatureKind], where: str) -> dict[str, FeatureKind]:
    names = [str(kind) for kind in known]
    for name, kind in raw.items():
        if kind not in names:
            raise ValueError(f"{where}.{name}: expected one of {names}, got {kind!r}")
    return {name: FeatureKind(kind) for name, kind in raw.items()}


def _inputs(features: dict[str, FeatureKind]) -> dict[str, FeatureKind]:
    return {name: kind for name, kind in features.items() if kind is not FeatureKind.DISPLAY}
