"""A first schema, from what a dataset's columns hold: one pass over the events, block by block."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from tensorflow_metadata.proto.v0 import schema_pb2

from pipeline.cleaning import clean
from pipeline.datasets import card_of
from pipeline.feature_types import tfmd_type
from pipeline.sources.blocks import open_events, plan_blocks, read_block
from pipeline.sources.files import SourceError
from pipeline.sources.items import read_items
from pipeline.sources.users import read_users
from pipeline.validation.columns import Column, Part, source_columns
from pipeline.validation.tables import present
from pipeline.validation.text import is_edited, schema_text, write_inferred
from schemas.artifacts import Artifact
from schemas.cards import Card, FeatureKind
from schemas.columns import ITEM_ID, RATING, TIMESTAMP

MOST_VALUES = 100
"""A set of more is taken for one that grows, and so is one whose values occur
`FEWEST_REPEATS` times or less, on average."""
FEWEST_REPEATS = 10
CLOSED_KINDS = (FeatureKind.CATEGORICAL, FeatureKind.MULTI_CATEGORICAL)
"""What is meant to repeat; a text or a title is not."""
YEARS_AHEAD = 10
"""Data of so many more years are taken for plausible."""

Progress = Callable[[str, int, int], None]
"""(what is being done, rows done, rows in all)."""


def infer_to(
    data: Artifact,
    path: Path,
    overwrite: bool = False,
    progress: Progress = lambda text, done, total: None,
) -> None:
    """Writes `infer_schema` to a file, with comments on how to edit it.

    Args:
        data: A data directory.
        path: The file; one that was inferred before and never edited is written anew.
        overwrite: Write anew what was edited too.
        progress: Told of the events read.

    Raises:
        ValueError: The file was edited.
        SourceError: As `infer_schema`.
    """
    if path.exists() and not overwrite and is_edited(path):
        raise ValueError(
            f"{path}: expected no file, or one as it was inferred, got one that was edited; "
            "--overwrite writes it anew"
        )
    write_inferred(schema_text(infer_schema(data, progress), card_of(data)), path)


def infer_schema(
    data: Artifact, progress: Progress = lambda text, done, total: None
) -> schema_pb2.Schema:
    """The narrowest schema, up to what the constants above allow, that the data satisfy.

    Events that `cleaning` turns away are not looked at. Nothing depends on the order of rows or on
    how they are divided into files.

    Args:
        data: A data directory, as `prepare` takes it.
        progress: Told of the events read.

    Returns:
        Features in the order of the card, values of a domain sorted.

    Raises:
        SourceError: A file is missing or broken, or there are no events.
    """
    card, directory = card_of(data), data.path.resolve()
    items = read_items(directory, card)
    tables = {Part.ITEMS: items, Part.USERS: read_users(directory, card)}
    times = _time_span(directory, card, items, progress)
    schema = schema_pb2.Schema()
    for column in source_columns(card).values():
        feature = schema.feature.add(name=column.name, type=tfmd_type(column.value_type))
        if column.part is Part.EVENTS:
            feature.presence.min_fraction = 1
        else:
            _describe(feature, tables[column.part].column(column.name), column)
        if column.name == RATING:
            feature.float_domain.min, feature.float_domain.max = card.rating_range
        if column.name == TIMESTAMP:
            _set_years(feature, *times)
    return schema


def _time_span(
    directory: Path, card: Card, items: pa.RecordBatch | None, progress: Progress
) -> tuple[int, int]:
    """Unix seconds of the oldest and of the newest event."""
    files = open_events(directory, card.events)
    item_ids = None if items is None else items.column(ITEM_ID)
    blocks = list(plan_blocks(files, card.events))
    total, done, spans = sum(block.lines for block in blocks), 0, []
    for block in blocks:
        for rows, _ in read_block(block, card.events):
            events, _ = clean(rows, card, item_ids)
            if len(events):
                ends = pc.min_max(events.column(TIMESTAMP)).as_py()
                spans.append((ends["min"], ends["max"]))
        done += block.lines
        progress("events read", done, total)
    if not spans:
        raise SourceError(f"{', '.join(file.name for file in files)}: expected events, got none")
    oldest, newest = zip(*spans, strict=True)
    return min(oldest), max(newest)


def _describe(feature: schema_pb2.Feature, values: pa.Array, column: Column) -> None:
    """Presence, number of values, and domain of a feature of items or people."""
    has = present(values)
    # Rounded down to two digits, so that another row without a value is no anomaly at once.
    feature.presence.min_fraction = 100 * int(has.sum()) // max(len(has), 1) / 100
    if not has.any():
        return
    values = values.filter(pa.array(has))
    if column.is_list:
        feature.value_count.min = 1
        feature.value_count.max = pc.max(pc.list_value_length(values)).as_py()
        values = values.flatten()
    if column.kind in CLOSED_KINDS:
        _set_closed(feature, values)
    elif column.kind is FeatureKind.NUMERIC:
        ends = pc.min_max(values).as_py()
        feature.float_domain.min, feature.float_domain.max = ends["min"], ends["max"]
    elif column.kind is FeatureKind.TIMESTAMP:
        ends = pc.min_max(values).as_py()
        _set_years(feature, ends["min"], ends["max"])


def _set_closed(feature: schema_pb2.Feature, values: pa.Array) -> None:
    found = pc.unique(values)
    if len(found) <= min(MOST_VALUES, len(values) / FEWEST_REPEATS):
        feature.string_domain.value.extend(sorted(found.to_pylist()))


def _set_years(feature: schema_pb2.Feature, oldest: int, newest: int) -> None:
    """From the beginning of the oldest year to the end of the tenth year after the newest."""
    first, last = (np.datetime64(time, "s").astype("M8[Y]") for time in (oldest, newest))
    behind = (last + 1 + YEARS_AHEAD).astype("M8[s]").astype(int)
    feature.int_domain.min = int(first.astype("M8[s]").astype(int))
    feature.int_domain.max = int(behind) - 1
