"""The columns of a dataset once its files are read: what its schema speaks of."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

import pyarrow as pa

from pipeline.cleaning import EVENTS
from pipeline.feature_types import ARROW_TYPES
from schemas.cards import Card, FeatureKind
from schemas.columns import ITEM_ID, RATING, TIMESTAMP, USER_ID


class Part(StrEnum):
    """Where a column comes from, by the card's own name for it."""

    EVENTS = "events"
    ITEMS = "item_features"
    USERS = "user_features"


@dataclass(frozen=True)
class Column:
    """One column.

    Attributes:
        name: As the card has it.
        part: Its part of the card.
        arrow_type: Type once read; of a list, that of the list.
        kind: Of a feature; None of an event's column.
    """

    name: str
    part: Part
    arrow_type: pa.DataType
    kind: FeatureKind | None = None

    @property
    def is_list(self) -> bool:
        """Whether a row may have several values."""
        return pa.types.is_list(self.arrow_type)

    @property
    def value_type(self) -> pa.DataType:
        """Arrow type of one value."""
        return self.arrow_type.value_type if self.is_list else self.arrow_type

    @property
    def is_time(self) -> bool:
        """Whether it holds unix seconds, as no other whole number does."""
        return pa.types.is_integer(self.value_type)


def source_columns(card: Card) -> dict[str, Column]:
    """Every column by its name: events, item features, user features, each in card order."""
    given = [USER_ID, ITEM_ID]
    if card.rating is not None:
        given.append(RATING)
    if card.events.timestamp:
        given.append(TIMESTAMP)
    columns = {name: Column(name, Part.EVENTS, EVENTS.field(name).type) for name in given}
    for part, features in ((Part.ITEMS, card.item_features), (Part.USERS, card.user_features)):
        for name, feature in features.items():
            columns[name] = Column(name, part, ARROW_TYPES[feature.kind], feature.kind)
    return columns
