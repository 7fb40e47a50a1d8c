"""Items and people held against the schema: whatever is wrong is told at once."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from pipeline.sources.users import read_users
from pipeline.validation.columns import Column, Part, source_columns
from pipeline.validation.expected import Expected
from schemas.cards import Card
from schemas.columns import ITEM_ID, USER_ID

EXAMPLES = 3
"""Values at fault that a message shows."""


class AnomalyError(ValueError):
    """Items or people are not as the schema says; the message has every anomaly."""


@dataclass(frozen=True)
class Anomaly:
    """Something that the schema does not allow.

    Attributes:
        field: Part of the card, and column.
        expected: What the schema says.
        got: What came, how often, and where.
    """

    field: str
    expected: str
    got: str

    def __str__(self) -> str:
        return f"{self.field}: expected {self.expected}, got {self.got}"


def check_tables(
    directory: Path, card: Card, items: pa.RecordBatch | None, demands: Mapping[str, Expected]
) -> None:
    """Stops a run whose items or people are not as the schema says.

    An item is not turned away as an event is, for all that happened with it would go too, and
    the models would be fitted on other data than somebody thinks.

    Args:
        directory: The data directory.
        card: What its files are.
        items: As `sources.items.read_items` gives them.
        demands: As `demands.load_demands` gives them.

    Raises:
        AnomalyError: They are not.
        SourceError: As `sources.users.read_users`.
    """
    found = []
    if items is not None:
        found += anomalies(items, ITEM_ID, _columns(card, ITEM_ID, Part.ITEMS), demands)
    if card.users is not None:
        people = read_users(directory, card)
        found += anomalies(people, USER_ID, _columns(card, USER_ID, Part.USERS), demands)
    if found:
        listed = "".join(f"\n  {anomaly}" for anomaly in found)
        raise AnomalyError(f"{directory}: {len(found)} anomalies against the schema:{listed}")


def anomalies(
    rows: pa.RecordBatch, row_id: str, columns: list[Column], demands: Mapping[str, Expected]
) -> list[Anomaly]:
    """Everything about some columns of a table that the schema does not allow.

    Args:
        rows: The table.
        row_id: Its column that names a row in messages.
        columns: Those to look at.
        demands: By column.
    """
    return [
        anomaly
        for column in columns
        for anomaly in _of_column(rows, row_id, column, demands[column.name])
    ]


def present(values: pa.Array) -> np.ndarray:
    """Which rows of a column have a value: `[rows]` bool."""
    if pa.types.is_list(values.type):
        return pc.list_value_length(values).to_numpy() > 0
    if pa.types.is_string(values.type):
        return pc.not_equal(values, "").to_numpy(zero_copy_only=False)
    numbers = values.to_numpy()
    return numbers != 0 if pa.types.is_integer(values.type) else ~np.isnan(numbers)


def _columns(card: Card, row_id: str, part: Part) -> list[Column]:
    every = source_columns(card)
    return [every[row_id], *(column for column in every.values() if column.part is part)]


def _of_column(
    rows: pa.RecordBatch, row_id: str, column: Column, wanted: Expected
) -> Iterator[Anomaly]:
    values, ids = rows.column(column.name), rows.column(row_id)
    field = f"{column.part}.{column.name}"
    has = present(values)
    count, without = int(has.sum()), ids.filter(pa.array(~has))
    # Shares as quotients: 7 / 100 is 0.07, but 0.07 * 100 is more than 7.
    if len(rows) and count / len(rows) < wanted.min_fraction:
        yield Anomaly(
            field,
            f"a value in at least {wanted.min_fraction:.4g} of all rows",
            f"{count} of {len(rows)} rows ({_named(without, row_id)} has none)",
        )
    if count < wanted.min_count:
        yield Anomaly(field, f"a value in at least {wanted.min_count} rows", f"{count} rows")

    values, ids = values.filter(pa.array(has)), ids.filter(pa.array(has))
    if column.is_list:
        lengths = pc.list_value_length(values).to_numpy()
        wrong = (lengths < wanted.fewest) | (lengths > wanted.most)
        if wrong.any():
            yield Anomaly(
                field,
                f"{wanted.fewest} to {wanted.most} values a row",
                f"others in {wrong.sum()} of {count} rows, such as {lengths[wrong][0]} "
                f"({_named(ids.filter(pa.array(wrong)), row_id)})",
            )
        ids = ids.take(pc.list_parent_indices(values))
        values = values.flatten()
    outside = wanted.outside(values)
    if len(values) and (~outside).mean() < wanted.min_mass:
        mass = "" if wanted.min_mass == 1 else f" in at least {wanted.min_mass:.4g} of all values"
        at = pa.array(outside)
        shown = pc.unique(values.filter(at))[:EXAMPLES].to_pylist()
        yield Anomaly(
            field,
            f"{wanted.domain}{mass}",
            f"{outside.sum()} of {len(values)} others, such as "
            f"{', '.join(map(repr, shown))} ({_named(ids.filter(at), row_id)})",
        )


def _named(ids: pa.Array, row_id: str) -> str:
    """The first of some rows."""
    return f"{row_id} {ids[0].as_py()!r}"
