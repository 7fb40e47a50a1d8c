"""The second job's own count of the records that go to its files, held against the tables' rows."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

import apache_beam as beam

from pipeline.tasks.job import kind_of
from schemas.columns import SPLITS

RECORDS = "records.tsv"
"""A kind and its number of records on each line."""
ITEMS = "items"


class Counted(beam.PTransform):
    """Elements to one line of `RECORDS`."""

    def __init__(self, kind: str):
        super().__init__()
        self.kind = kind

    def expand(self, records: beam.PCollection) -> beam.PCollection:
        kind = self.kind
        return records | beam.combiners.Count.Globally() | beam.Map(lambda n: f"{kind}\t{n}")


def read_counts(path: Path) -> dict[str, int]:
    """Reads `RECORDS`: kind to number."""
    lines = [line.split("\t") for line in path.read_text().splitlines()]
    return {kind: int(number) for kind, number in sorted(lines)}


def check_none_lost(written: Mapping[str, int], rows: Mapping[str, int]) -> None:
    """Whether every row of the tables became one record.

    Args:
        written: Of `read_counts`.
        rows: Rows of the catalogue, as `items`, and of each split.

    Raises:
        RuntimeError: The runner lost or doubled rows.
    """
    expected = {kind: rows[kind] for kind in (ITEMS, *SPLITS)}
    found = {kind: written.get(kind, 0) for kind in expected}
    if found != expected:
        raise RuntimeError(f"expected a record of every row, {expected}, got {found}")


def examples_made(written: Mapping[str, int], tasks: Iterable[str]) -> dict[str, int]:
    """The part of the count that is about tasks: `<task>-<split>` to number.

    Raises:
        ValueError: A task made no example to train on.
    """
    for task in tasks:
        if not written[kind_of(task, "train")]:
            raise ValueError(f"prepare.tasks: expected examples of {task}, got none")
    return {kind: n for kind, n in written.items() if kind not in (ITEMS, *SPLITS)}
