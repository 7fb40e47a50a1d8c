"""Small prepared directories, written down as lists and divided by the real writer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa

from pipeline.feature_types import ARROW_TYPES
from pipeline.histories import profile_schema
from pipeline.merge import write_tables
from pipeline.splits.leave_one_out import LeaveOneOut
from schemas.artifacts import Artifact, write_json
from schemas.card_tables import EventTable, FileFormat, ItemTable, UserTable
from schemas.cards import Card, Feature, FeatureKind, RatingScale
from tests.pipeline.profiles import Event

NAN = float("nan")
HOUR, DAY = 3_600, 86_400
THURSDAY_NOON = 1_577_966_400
"""2020-01-02T12:00:00Z."""

ITEM_FEATURES = {
    "title": Feature(kind=FeatureKind.DISPLAY),
    "genres": Feature(kind=FeatureKind.MULTI_CATEGORICAL),
    "language": Feature(kind=FeatureKind.CATEGORICAL),
    "year": Feature(kind=FeatureKind.NUMERIC),
}
USER_FEATURES = {"gender": Feature(kind=FeatureKind.CATEGORICAL)}


PEOPLE: dict[str, list[Event]] = {
    "u1": [
        ("a", 4.0, THURSDAY_NOON),
        ("b", 5.0, THURSDAY_NOON),
        ("c", 3.0, THURSDAY_NOON + HOUR),
        ("d", 4.0, THURSDAY_NOON + DAY),
    ],
    "u2": [
        ("a", 2.0, THURSDAY_NOON),
        ("b", NAN, THURSDAY_NOON + 60),
        ("c", 3.0, THURSDAY_NOON + 60),
    ],
    "u3": [("a", 5.0, THURSDAY_NOON + 40 * DAY)],
}
"""Events of items: a 3, b 2, c 2, d 1, e 0. Of users: 4, 3, 1."""
GENDERS = ("F", "", "M")
ITEMS = {
    "a": {"title": "A", "genres": ["Drama", "Comedy"], "language": "en", "year": 1999.0},
    "b": {"title": "B", "genres": ["Drama"], "language": "en", "year": NAN},
    "c": {"title": "C", "genres": [], "language": "fr", "year": 2001.0},
    "d": {"title": "D", "genres": ["Comedy"], "language": "", "year": NAN},
    "e": {"title": "E", "genres": ["Noir"], "language": "", "year": 2000.0},
}


def card(
    rated: bool = True,
    item_features: Mapping[str, Feature] = ITEM_FEATURES,
    user_features: Mapping[str, Feature] = USER_FEATURES,
) -> Card:
    """A card with as much or as little as is asked for."""
    csv = FileFormat.CSV
    rating = "stars" if rated else ""
    return Card(
        name="test",
        events=EventTable(files=("e.csv",), format=csv, user_id="u", item_id="i", rating=rating),
        rating=RatingScale(1.0, 5.0) if rated else None,
        items=ItemTable(files=("i.csv",), format=csv, item_id="i") if item_features else None,
        users=UserTable(files=("u.csv",), format=csv, user_id="u") if user_features else None,
        user_features=dict(user_features),
        item_features=dict(item_features),
    )


def write_prepared(
    directory: Path,
    people: Mapping[str, Sequence[Event]],
    items: Mapping[str, Mapping[str, Any]],
    features: Card,
    genders: Sequence[str] = (),
) -> Artifact:
    """What `prepare` leaves of these events, divided by leave-one-out.

    Args:
        directory: An empty directory.
        people: User id to events, oldest first.
        items: Item id to its features; both sorted by id.
        features: The card.
        genders: Of each user, if the card has it.
    """
    lists = [[[event[n] for event in events] for events in people.values()] for n in range(3)]
    rows = [list(people), *([list(genders)] if features.user_features else []), *lists]
    schema = profile_schema(features)
    arrays = [pa.array(values, field.type) for values, field in zip(rows, schema, strict=True)]
    shard = directory / "profiles-00000.arrow"
    with pa.ipc.new_file(str(shard), schema) as writer:
        writer.write_batch(pa.record_batch(arrays, schema=schema))
    catalogue = {"item_id": pa.array(list(items), pa.string())} | {
        name: pa.array([item[name] for item in items.values()], ARROW_TYPES[feature.kind])
        for name, feature in features.item_features.items()
    }
    how = LeaveOneOut(min_events=3)
    write_tables([shard], pa.record_batch(catalogue), how, directory)
    shard.unlink()
    write_json(directory / "card.json", features.to_dict())
    figures = {"dataset": "test", "rows": {"rejected": 2}, "split": how.describe()}
    return Artifact(directory, {"version": "0123456789ab", "figures": figures})
