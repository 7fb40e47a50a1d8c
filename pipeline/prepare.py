"""The prepare stage: a data directory in, everything that models train on out."""

from __future__ import annotations

import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import schemas.tf_runtime  # isort: skip  # noqa: F401  before TensorFlow

import pyarrow as pa
import tensorflow_transform as tft
from google.protobuf import text_format

from pipeline.features import sizes
from pipeline.intake import Events, open_source, read_catalogue, take_events
from pipeline.joining.features import with_metadata
from pipeline.merge import ITEM_RATINGS, write_tables
from pipeline.period import period
from pipeline.progress import STEPS, Progress
from pipeline.raw_schema import raw_schema
from pipeline.records import ITEMS, RECORDS, check_none_lost, examples_made, read_counts
from pipeline.runner import remove_abandoned
from pipeline.sources.items import items_of
from pipeline.splits.choose import choose_split
from pipeline.splits.cut import Split
from pipeline.tables import Tables
from pipeline.tags import with_tags
from pipeline.tasks.job import PAIRS
from pipeline.tasks.pair_plan import plan_pairs
from pipeline.transform import transform
from pipeline.validation.choose import schema_file
from schemas.artifacts import Artifact, check_belong_together, write_json
from schemas.cards import Card
from schemas.columns import ITEM_ID
from schemas.config import PrepareConfig


def prepare(
    data: Artifact,
    config: PrepareConfig,
    out: Path,
    beam_args: Sequence[str] = (),
    progress: Progress = lambda text, done, total: None,
    metadata: Artifact | None = None,
) -> dict[str, Any]:
    """Fills `out` with what docs/artifacts.md lists under `prepared`.

    Args:
        data: A data directory, as `pipeline.fetch.fetch` or `pipeline.adopt.adopt` gives it.
        config: The stage's settings.
        out: An empty directory.
        beam_args: Beam options, for example `["--runner=FlinkRunner"]`.
        progress: Told of every step, the two Beam jobs among them, and of the users merged.
        metadata: What `pipeline.joining` found of the items, for more features of them.

    Returns:
        The figures for the manifest.

    Raises:
        SourceError: A source file is missing, malformed or empty.
        RejectRateError: Too many rows were rejected.
        AnomalyError: Items or people are not as the schema says.
        ValueError: The schema contradicts the card, the metadata is of other data, or the events
            cannot be divided or made into examples as the settings say.
        RuntimeError: The runner lost or doubled rows.
    """
    if metadata is not None:
        check_belong_together({"data": data, "metadata": metadata})
    source, files = open_source(data, config)
    out = out.resolve()  # workers may run elsewhere
    work = out / "work"
    work.mkdir()
    progress("catalogue", 0, STEPS)
    items, said = read_catalogue(source)
    events = take_events(source, files, config, out, beam_args, progress)

    how = choose_split(config, events.profiles)
    catalogue, card = _described(source.card, items, said, events, how, metadata)
    rows = _write_tables(events, catalogue, how, out, progress)

    progress(f"examples: Beam and TF-Transform job over {rows['users']} users", 3, STEPS)
    tables = Tables(
        card,
        config,
        how,
        profiles=events.profiles,
        catalogue=out / "catalogue.parquet",
        ratings=out / ITEM_RATINGS,
        plans=work,
    )
    written = _make_examples(tables, catalogue, out, beam_args)
    check_none_lost(written, rows | {ITEMS: len(catalogue)})
    _write_descriptions(card, schema_file(data, config), out)
    shutil.rmtree(work)
    progress("prepared", STEPS, STEPS)
    return {
        "dataset": data.figures["dataset"],
        "source": data.figures["source"],
        "rows": _counts(events, rows) | {ITEMS: len(catalogue)},
        "period": period(out / "profiles.parquet") if card.events.timestamp else {},
        "rejects": dict(events.reasons.most_common()),
        "examples": examples_made(written, config.tasks),
        "split": how.describe(),
        "sizes": dict(sizes(tft.TFTransformOutput(str(out / "transform")), card, config)),
    }


def _described(
    card: Card,
    items: pa.RecordBatch | None,
    said: pa.Table | None,
    events: Events,
    how: Split,
    metadata: Artifact | None,
) -> tuple[pa.RecordBatch, Card]:
    """The items, with what metadata and tags tell of them, and the card that names these features.

    Without a table of items, they are those of the events.
    """
    if items is None:
        items = items_of(events.profiles)
    if metadata is not None:
        items, card = with_metadata(items, card, metadata)
    if said is not None:
        items, card = with_tags(items, card, said, events.profiles, how)
    return items, card


def _write_tables(
    events: Events, catalogue: pa.RecordBatch, how: Split, out: Path, progress: Progress
) -> dict[str, int]:
    """Writes the tables of users, items and events; returns the number of rows of each."""

    def tell(users: int, total: int) -> None:
        progress(f"tables: {users} of {total} users", 2, STEPS)

    rows = write_tables(events.profiles, catalogue, how, out, tell)
    events.check_none_lost(rows["events"])
    return rows


def _counts(events: Events, rows: Mapping[str, int]) -> dict[str, int]:
    """Rows read, accepted and rejected, of users and of each split."""
    others = {name: count for name, count in rows.items() if name != "events"}
    taken = {"accepted": rows["events"], "rejected": events.reasons.total()}
    return {"read": events.read} | taken | others


def _make_examples(
    tables: Tables, items: pa.RecordBatch, out: Path, beam_args: Sequence[str]
) -> dict[str, int]:
    """Runs the second job; returns the number of records of each kind."""
    config, work = tables.config, tables.plans
    if PAIRS in config.tasks:
        plan_pairs(tables.profiles, tables.how, config, items.column(ITEM_ID), work)
    transform(tables, out, work, beam_args)
    remove_abandoned(out)
    return read_counts(work / RECORDS)


def _write_descriptions(card: Card, schema: Path | None, out: Path) -> None:
    """The card as it was resolved, and the schemas of what was read and of what the graph takes."""
    write_json(out / "card.json", card.to_dict())
    (out / "schema.pbtxt").write_text(text_format.MessageToString(raw_schema(card)))
    if schema is not None:
        shutil.copyfile(schema, out / "source_schema.pbtxt")
