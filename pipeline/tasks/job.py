"""The tasks' part of the transform job: rows for the graph, and records of what comes out."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import apache_beam as beam
import numpy as np
import pyarrow as pa

from pipeline.features import HISTORY_OUTPUTS, user_outputs
from pipeline.raw_schema import as_rows
from pipeline.tables import Tables
from pipeline.tasks.examples import USER_TASKS, Numbers, user_examples
from pipeline.tasks.facts import ItemFacts
from pipeline.tasks.pair_plan import SIDES
from pipeline.tasks.pairs import pair_examples
from pipeline.tasks.past import ITEM_MEAN, LABEL, widths
from schemas.columns import NUMBERS, SPLITS, TARGET_ITEM_ID, TARGET_RATING, TARGET_TIMESTAMP
from schemas.config import PrepareConfig

PAIRS = "pairs"
ROWS_PER_BATCH = 512
PAIRS_PER_BATCH = 256


def kinds(config: PrepareConfig) -> list[str]:
    """Names of the records, `<task>-<split>`."""
    return [kind_of(task, name) for task in config.tasks for name in SPLITS]


def kind_of(task: str, name: str) -> str:
    """Name of the records of a task and a split."""
    return f"{task}-{name}"


def task_rows(
    pipeline: beam.Pipeline, shards: beam.PCollection, tables: Tables
) -> list[beam.PCollection]:
    """Batches for the transform graph, each of one kind.

    Args:
        pipeline: The job.
        shards: Batches of profiles.
        tables: What the tasks read.
    """
    found = [
        shards | f"Make_{task}" >> beam.ParDo(_UserExamples(task, tables))
        for task in tables.config.tasks
        if task in USER_TASKS
    ]
    if PAIRS in tables.config.tasks:
        found.append(
            pipeline
            | "PairBatches" >> beam.Create(list(_pair_batches(tables.plans)))
            | "SpreadPairs" >> beam.Reshuffle()
            | "Make_pairs" >> beam.ParDo(_PairExamples(tables))
        )
    return found


class _UserExamples(beam.DoFn):
    def __init__(self, task: str, tables: Tables):
        self.task, self.tables = task, tables

    def setup(self) -> None:
        self.facts = self.tables.facts()

    def process(self, profiles: pa.RecordBatch) -> Iterator[pa.RecordBatch]:
        tables = self.tables
        for name in SPLITS:
            rows, numbers = user_examples(
                profiles, self.task, name, tables.how, tables.config, self.facts
            )
            for start in range(0, len(rows), ROWS_PER_BATCH):
                at = np.arange(start, min(start + ROWS_PER_BATCH, len(rows)))
                piece = {n: values[at] for n, values in numbers.items()}
                packed = _with_numbers(rows.take(pa.array(at)), piece, self.facts)
                yield as_rows(packed, tables.card, kind_of(self.task, name))


class _PairExamples(beam.DoFn):
    def __init__(self, tables: Tables):
        self.tables = tables

    def setup(self) -> None:
        self.facts = self.tables.facts()

    def process(self, batch: tuple[str, int]) -> Iterator[pa.RecordBatch]:
        (name, start), tables = batch, self.tables
        plan = _plan(tables.plans, name).slice(start, PAIRS_PER_BATCH)
        rows, numbers = pair_examples(plan, tables.profiles, tables.how, tables.config, self.facts)
        packed = _with_numbers(rows, numbers, self.facts)
        yield as_rows(packed, tables.card, kind_of(PAIRS, name))


def example_columns(
    batch: pa.RecordBatch, kind: str, tables: Tables, values: dict[str, int]
) -> pa.RecordBatch:
    """Transformed rows to the columns of a record.

    Args:
        batch: What the graph returned, with `NUMBERS`; of pairs, left and right users in turn.
        kind: The kind of the rows.
        tables: What the tasks read.
        values: As `past.widths`.
    """
    own = [*user_outputs(tables.card), *HISTORY_OUTPUTS, TARGET_RATING, TARGET_TIMESTAMP]
    columns = {name: batch.column(name) for name in [*own, TARGET_ITEM_ID]}
    columns |= _unpacked(batch.column(NUMBERS), values)
    if not kind.startswith(f"{PAIRS}-"):
        return pa.record_batch(columns)
    shared = (TARGET_ITEM_ID, LABEL, ITEM_MEAN)
    left = pa.array(range(0, len(batch), 2))
    found = {name: columns.pop(name).take(left) for name in shared}
    for turn, side in enumerate(SIDES):
        at = pa.array(range(turn, len(batch), 2))
        found |= {f"{name}_{side}": column.take(at) for name, column in columns.items()}
    return pa.record_batch(found)


def _with_numbers(rows: pa.RecordBatch, numbers: Numbers, facts: ItemFacts) -> pa.RecordBatch:
    """Puts all numbers of a row, side by side, into one list that passes by the graph."""
    table = np.concatenate([numbers[name] for name in widths(facts.values)], axis=1)
    offsets = np.arange(len(rows) + 1, dtype=np.int32) * table.shape[1]
    lists = pa.ListArray.from_arrays(pa.array(offsets), pa.array(table.ravel()))
    return rows.append_column(NUMBERS, lists)


def _unpacked(lists: pa.Array, values: dict[str, int]) -> dict[str, pa.Array]:
    """`_with_numbers` undone: a list column for each name."""
    table = lists.flatten().to_numpy().reshape(len(lists), sum(values.values()))
    found, start = {}, 0
    for name, width in values.items():
        offsets = np.arange(len(lists) + 1, dtype=np.int32) * width
        part = np.ascontiguousarray(table[:, start : start + width])
        found[name] = pa.ListArray.from_arrays(pa.array(offsets), pa.array(part.ravel()))
        start += width
    return found


def _pair_batches(plans: Path) -> Iterator[tuple[str, int]]:
    for name in SPLITS:
        for start in range(0, len(_plan(plans, name)), PAIRS_PER_BATCH):
            yield name, start


def _plan(plans: Path, name: str) -> pa.RecordBatch:
    return pa.ipc.open_file(pa.memory_map(str(plans / f"pairs-{name}.arrow"))).get_batch(0)
