"""What the join found, as item features beside those of the card."""

from __future__ import annotations

import dataclasses

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet

from schemas.artifacts import Artifact
from schemas.cards import Card, Feature, FeatureKind
from schemas.columns import ITEM_ID

METADATA_FEATURES = {
    "runtime": Feature(kind=FeatureKind.NUMERIC, column=("runtime",)),
    # Of the many names that films bring, those that several films share can be learned.
    "directors": Feature(
        kind=FeatureKind.MULTI_CATEGORICAL, column=("directors",), min_count=2, max_vocabulary=5_000
    ),
    "actors": Feature(
        kind=FeatureKind.MULTI_CATEGORICAL, column=("actors",), min_count=3, max_vocabulary=10_000
    ),
    "imdb_rating": Feature(kind=FeatureKind.NUMERIC, column=("imdb_rating",)),
    "imdb_votes": Feature(kind=FeatureKind.NUMERIC, column=("imdb_votes",)),
    "description": Feature(
        kind=FeatureKind.TEXT, column=("description",), min_count=3, max_vocabulary=20_000
    ),
}


def with_metadata(
    items: pa.RecordBatch, card: Card, metadata: Artifact
) -> tuple[pa.RecordBatch, Card]:
    """Adds the metadata's columns to the catalogue, and their features to the card.

    A feature that the card has already stands; one that the join filled for no item is left out.

    Args:
        items: As `sources.items.read_items` gives them.
        card: Their card.
        metadata: An artefact of `matinee join` over the same items.

    Returns:
        The items with more columns, in the same order, and the card that says so.

    Raises:
        ValueError: The metadata is of other items.
    """
    path = metadata.path / "metadata.parquet"
    table = pa.parquet.read_table(path)
    row = pc.index_in(items.column(ITEM_ID), table.column(ITEM_ID).combine_chunks())
    if row.null_count:
        unknown = items.column(ITEM_ID).filter(pc.is_null(row))[0].as_py()
        raise ValueError(
            f"{path}: item_id: expected the items of {card.name}, got none named {unknown!r}; "
            "run matinee join on this dataset"
        )
    filled = metadata.figures["filled"]
    added = {
        name: feature
        for name, feature in METADATA_FEATURES.items()
        if filled[name] and name not in card.item_features
    }
    for name in added:
        items = items.append_column(name, table.column(name).combine_chunks().take(row))
    features = card.item_features | added
    return items, dataclasses.replace(card, item_features=features)
