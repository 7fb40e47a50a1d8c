"""Small catalogues and records for the tests of the join."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pyarrow as pa

from pipeline.joining.records import DETAILS, TITLES, Records, filled

COLUMNS = pa.unify_schemas([TITLES, DETAILS])


def films(*rows: dict[str, Any]) -> pa.Table:
    """One row each, as `TITLES`; what is not given is missing, `source_id` is the row's number."""
    return filled(_table(rows), TITLES)


def records(*rows: dict[str, Any], name: str = "source") -> Records:
    """A source of these films, with whatever details are given."""
    return Records(name, _table(rows))


def film(title: str, year: float | None = None, **more: Any) -> dict[str, Any]:
    """A row."""
    return {"title": title, "year": year, **more}


def _table(rows: Sequence[dict[str, Any]]) -> pa.Table:
    numbered = [{"source_id": str(i), **row} for i, row in enumerate(rows)]
    return pa.Table.from_pylist(numbered, COLUMNS)
