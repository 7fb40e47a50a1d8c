"""Dataset cards: which files hold a dataset, what their columns mean, and the rating scale.

A card is a TOML file. The readers get files and columns from it; everything downstream (the
TF-Transform graph, both models, the exported signatures, the server) gets the features and the
scale, so no feature name is written in model code. MovieLens has no code of its own either, only
the cards in `schemas/datasets`. docs/cards.md describes every key.
"""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from schemas.card_features import Feature, FeatureKind, Scaling, feature_from_plain
from schemas.card_tables import EventTable, ItemTable, Table, TagTable, UserTable
from schemas.columns import RESERVED, RESERVED_PREFIXES, TAGS, Z_SCORE_SUFFIX
from schemas.plain_data import expect_table, from_plain, to_plain

__all__ = [
    "CARDS",
    "Card",
    "Feature",
    "FeatureKind",
    "RatingScale",
    "Scaling",
    "TagTable",
    "card_from_dict",
    "load_card",
]

CARDS = Path(__file__).parent / "datasets"

NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]*")
"""Of a feature: it names a tensor of a signature and a vocabulary file."""
USER_KINDS = (
    FeatureKind.CATEGORICAL,
    FeatureKind.NUMERIC,
    FeatureKind.TIMESTAMP,
    FeatureKind.DISPLAY,
)
"""The models read one index for each feature of a person."""


@dataclass(frozen=True)
class RatingScale:
    """Ends of the rating scale."""

    min: float
    max: float

    def __post_init__(self) -> None:
        if not self.min < self.max:
            raise ValueError(f"min: expected less than max = {self.max}, got {self.min}")


@dataclass(frozen=True)
class Card:
    """A dataset.

    Attributes:
        name: For messages and manifests.
        events: The interactions.
        rating: The scale; None for implicit data.
        items: The catalogue; None where it is whatever the events name.
        users: The people; None where nothing is known of them.
        tags: What people said of items; None where nothing is known of it.
        user_features: Feature by name, in card order.
        item_features: Feature by name, in card order.
    """

    name: str
    events: EventTable
    rating: RatingScale | None = None
    items: ItemTable | None = None
    users: UserTable | None = None
    tags: TagTable | None = None
    user_features: dict[str, Feature] = field(default_factory=dict)
    item_features: dict[str, Feature] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if bool(self.events.rating) != (self.rating is not None):
            raise ValueError("rating: expected min and max exactly if events.rating is given")
        if self.item_features and self.items is None:
            raise ValueError(
                f"item_features: expected [items], which holds {[*self.item_features]}"
            )
        if self.user_features and self.users is None:
            raise ValueError(
                f"user_features: expected [users], which holds {[*self.user_features]}"
            )
        for name, feature in self.user_features.items():
            if feature.kind not in USER_KINDS:
                known = [str(kind) for kind in USER_KINDS]
                raise ValueError(
                    f"user_features.{name}: expected one of {known}, got {feature.kind}"
                )
        if self.tags is not None and self.items is None:
            raise ValueError("tags: expected [items], whose feature they become")
        if self.tags is not None and TAGS in self.item_features:
            raise ValueError(f"tags: expected no item feature named {TAGS!r} beside the table")
        _check_names([*self.user_features, *self.item_features])

    @property
    def tables(self) -> list[Table]:
        """The tables that the dataset has."""
        tables = (self.events, self.items, self.users, self.tags)
        return [table for table in tables if table is not None]

    @property
    def rating_range(self) -> tuple[float, float]:
        """Ends of the scale; (0, 1) where nothing is rated, for models to scale nothing by."""
        return (self.rating.min, self.rating.max) if self.rating else (0.0, 1.0)

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
        tables = {
            name: to_plain(table)
            for name in ("events", "rating", "items", "users", "tags")
            if (table := getattr(self, name)) is not None
        }
        features = {
            name: {key: to_plain(feature) for key, feature in group.items()}
            for name in ("user_features", "item_features")
            if (group := getattr(self, name))
        }
        return {"name": self.name} | tables | features


def load_card(path: Path) -> Card:
    """Reads a card from TOML.

    Raises:
        ValueError: A key is missing or unknown, or a value is not what it should be; the message
            names the file and the key.
    """
    try:
        raw = tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ValueError(f"{path}: expected TOML, got {error}") from None
    return card_from_dict(raw, str(path))


def card_from_dict(raw: dict[str, Any], where: str) -> Card:
    """Builds a card from plain data; `where` names the source in errors.

    Raises:
        ValueError: As `load_card`.
    """
    known = ["name", "events", "rating", "items", "users", "tags", "user_features", "item_features"]
    for key in raw:
        if key not in known:
            raise ValueError(f"{where}: unknown key {key!r}; known: {known}")
    for key in ("name", "events"):
        if key not in raw:
            raise ValueError(f"{where}: expected the key {key!r}, got {sorted(raw)}")
    if not isinstance(raw["name"], str) or not raw["name"].strip():
        raise ValueError(f"{where}: name: expected a name, got {raw['name']!r}")
    read: dict[str, Any] = {
        "events": from_plain(EventTable, raw["events"], f"{where}: events"),
        "rating": _table(raw, "rating", RatingScale, where),
        "items": _table(raw, "items", ItemTable, where),
        "users": _table(raw, "users", UserTable, where),
        "tags": _table(raw, "tags", TagTable, where),
        "user_features": _features(raw, "user_features", where),
        "item_features": _features(raw, "item_features", where),
    }
    try:
        return Card(raw["name"], **read)
    except ValueError as error:
        raise ValueError(f"{where}: {error}") from None


def _table(raw: dict[str, Any], name: str, cls: type[Any], where: str) -> Any:
    return from_plain(cls, raw[name], f"{where}: {name}") if name in raw else None


def _features(raw: dict[str, Any], name: str, where: str) -> dict[str, Feature]:
    table = expect_table(raw.get(name, {}), f"{where}: {name}")
    return {
        key: feature_from_plain(key, value, f"{where}: {name}.{key}")
        for key, value in table.items()
    }


def _inputs(features: dict[str, Feature]) -> dict[str, FeatureKind]:
    return {
        name: feature.kind
        for name, feature in features.items()
        if feature.kind is not FeatureKind.DISPLAY
    }


def _check_names(names: list[str]) -> None:
    for name in names:
        if not NAME.fullmatch(name):
            raise ValueError(f"{name!r}: expected a feature name of letters, digits and _")
        reserved = name in RESERVED or name.startswith(RESERVED_PREFIXES)
        if reserved or name.endswith(Z_SCORE_SUFFIX):
            raise ValueError(f"{name!r}: expected another feature name; this one has a meaning")
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise ValueError(f"{twice} named both as user and as item features")
