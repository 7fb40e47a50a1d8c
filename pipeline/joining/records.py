"""The one form that every source of film metadata comes in."""

from __future__ import annotations

from typing import Protocol

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

STRINGS = pa.list_(pa.string())

TITLES = pa.schema(
    [
        ("source_id", pa.string()),
        ("imdb_id", pa.string()),
        ("title", pa.string()),
        ("alternative_titles", STRINGS),
        ("year", pa.float32()),
        ("kind", pa.string()),
        ("genres", STRINGS),
        ("imdb_votes", pa.float32()),
    ]
)
"""What a film is recognised by. Missing is "", [] or NaN. `source_id` is unique in its source;
`imdb_id` has the form "tt0111161"; `year` is that of the release; `kind` is the source's word."""

DETAILS = pa.schema(
    [
        ("source_id", pa.string()),
        ("runtime", pa.float32()),
        ("directors", STRINGS),
        ("actors", STRINGS),
        ("imdb_rating", pa.float32()),
        ("imdb_votes", pa.float32()),
        ("description", pa.string()),
    ]
)
"""What a film gains. `runtime` is in minutes, `imdb_rating` 1 to 10; `actors` are in the source's
order."""


class MetadataSource(Protocol):
    """Film metadata, in two steps so that people are read for the films that are used alone."""

    name: str

    def titles(self) -> pa.Table:
        """Every film, as `TITLES`."""

    def details(self, source_ids: pa.Array) -> pa.Table:
        """These films in this order, as `DETAILS`."""


class Records:
    """A source that is small enough to be read at once.

    Args:
        name: What reports call it.
        table: Every column of `TITLES` and of `DETAILS`; nulls mean missing.
    """

    def __init__(self, name: str, table: pa.Table) -> None:
        self.name = name
        self._titles = filled(table, TITLES)
        self._details = filled(table, DETAILS)

    def titles(self) -> pa.Table:
        """Every film, as `TITLES`."""
        return self._titles

    def details(self, source_ids: pa.Array) -> pa.Table:
        """These films in this order, as `DETAILS`."""
        return self._details.take(pc.index_in(source_ids, self._details.column("source_id")))


def filled(table: pa.Table, schema: pa.Schema) -> pa.Table:
    """The columns of `schema`, in one chunk each, with "", [] and NaN in place of nulls."""
    return pa.table(
        [_filled(table.column(field.name), field.type) for field in schema], schema=schema
    )


def imdb_ids(values: pa.Array) -> pa.Array:
    """IMDb ids as IMDb writes them: "0111161", "111161" and "tt0111161" are all "tt0111161".

    Anything else becomes "".
    """
    number = pc.struct_field(pc.extract_regex(values, r"^(?:tt)?0*(?P<number>\d{1,9})$"), "number")
    padded = pc.utf8_lpad(number, 7, "0")
    return pc.fill_null(pc.binary_join_element_wise("tt", padded, ""), "")


def _filled(column: pa.ChunkedArray, kind: pa.DataType) -> pa.Array:
    values = column.combine_chunks().cast(kind)
    if pa.types.is_floating(kind):
        return pc.fill_null(values, np.nan)
    if pa.types.is_string(kind):
        return pc.fill_null(values, "")
    return pc.if_else(pc.is_valid(values), values, pa.scalar([], kind))
