"""The people: user ids with the card's user features."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa

from pipeline.feature_types import ARROW_TYPES
from pipeline.sources.tables import read_table
from pipeline.sources.values import feature_values
from schemas.cards import Card
from schemas.columns import USER_ID


def read_users(directory: Path, card: Card) -> pa.RecordBatch:
    """Every person; no rows if the card names no users.

    Returns:
        `user_id` string and each user feature, missing values as docs/artifacts.md has them.

    Raises:
        SourceError: As `tables.read_table`, or a value is not of its feature's kind.
    """
    if card.users is None:
        return pa.RecordBatch.from_pylist([], user_schema(card))
    table, features = card.users, card.user_features
    columns = read_table(directory, table, features)
    where = str(directory / ", ".join(table.files))
    found = {USER_ID: columns[USER_ID]} | feature_values(columns, features, where)
    return pa.record_batch(found, schema=user_schema(card))


def user_schema(card: Card) -> pa.Schema:
    """Arrow schema of the people."""
    types = {name: ARROW_TYPES[f.kind] for name, f in card.user_features.items()}
    return pa.schema([(USER_ID, pa.string()), *types.items()])
