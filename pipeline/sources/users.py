"""The people: user ids with whatever the release says of them."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa

from pipeline.sources.layouts import Layout
from pipeline.sources.tables import floats, read_table
from schemas.cards import Card, FeatureKind
from schemas.columns import USER_ID


def read_users(directory: Path, layout: Layout, card: Card) -> pa.RecordBatch:
    """Every person with the card's user features; no rows if the release has no such file.

    Returns:
        `user_id` string and each user feature: categorical and display string ("" missing),
        numeric float32 (NaN missing).

    Raises:
        SourceError: As `tables.read_table`.
    """
    if layout.users is None:
        return pa.RecordBatch.from_pylist([], user_schema(card))
    table = read_table(directory, layout.users)
    columns = [table.column(USER_ID)]
    for name, kind in card.user_features.items():
        column = table.column(name)
        if kind is FeatureKind.NUMERIC:
            column = floats(column, str(directory / layout.users.file), name)
        columns.append(column)
    return pa.record_batch(columns, schema=user_schema(card))


def user_schema(card: Card) -> pa.Schema:
    """Arrow schema of the people."""
    types = {
        name: pa.float32() if kind is FeatureKind.NUMERIC else pa.string()
        for name, kind in card.user_features.items()
    }
    return pa.schema([(USER_ID, pa.string()), *types.items()])
