"""Row groups of Parquet files as columns of text."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from pipeline.sources.files import SourceError, expect_columns
from pipeline.sources.text import as_text
from schemas.card_tables import TimeUnit


def open_parquet(path: Path, wanted: Iterable[str]) -> pq.ParquetFile:
    """Opens a file.

    Raises:
        SourceError: It is no Parquet file, lacks a wanted column, or has it in a type that is
            neither text, numbers, times nor lists of them.
    """
    try:
        file = pq.ParquetFile(path)
    except pa.ArrowInvalid as error:
        raise SourceError(f"{path}: expected a Parquet file, got {error}") from None
    expect_columns(path, wanted, file.schema_arrow.names)
    for name in wanted:
        try:
            as_text(pa.nulls(0, file.schema_arrow.field(name).type))
        except TypeError as error:
            raise SourceError(f"{path}: {name}: {error}") from None
    return file


def text_columns(table: pa.Table, units: Mapping[str, TimeUnit]) -> pa.RecordBatch:
    """Typed columns as text; times are counted in the unit of their column, or else written out."""
    return pa.record_batch(
        {
            name: as_text(table.column(name).combine_chunks(), units.get(name, TimeUnit.ISO8601))
            for name in table.column_names
        }
    )
