"""The prepare stage: a data directory in, everything that models train on out."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import schemas.tf_runtime  # isort: skip  # noqa: F401  before TensorFlow

import tensorflow_transform as tft
from google.protobuf import text_format

from pipeline.collect import Source, collect
from pipeline.datasets import card_of
from pipeline.features import sizes
from pipeline.joining.features import with_metadata
from pipeline.merge import ITEM_RATINGS, write_tables
from pipeline.raw_schema import raw_schema
from pipeline.rejects import (
    RejectRateError,
    check_reject_rate,
    check_whole,
    counted,
    tell_rejects,
)
from pipeline.runner import remove_abandoned
from pipeline.sources.blocks import open_events, plan_blocks
from pipeline.sources.files import SourceError
from pipeline.sources.items import items_of, read_items
from pipeline.sources.users import read_users
from pipeline.splits.choose import choose_split
from pipeline.tables import Tables
from pipeline.tags import read_tags, with_tags
from pipeline.tasks.job import EXAMPLES, PAIRS, examples_made
from pipeline.tasks.pair_plan import plan_pairs
from pipeline.transform import transform
from pipeline.validation.choose import schema_file
from pipeline.validation.demands import load_demands
from pipeline.validation.tables import check_tables
from schemas.artifacts import Artifact, write_json
from schemas.columns import ITEM_ID
from schemas.config import PrepareConfig

Progress = Callable[[str, int, int], None]
"""(the step under way, steps done, steps in all)."""

STEPS = 4


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
        ValueError: The schema contradicts the card, or the events cannot be divided or made into
            examples as the settings say.
        RuntimeError: The runner lost or doubled rows.
    """
    card, directory = card_of(data), data.path.resolve()
    if config.tie_seed and not card.events.timestamp:
        raise ValueError(
            f"prepare.tie_seed: expected 0 for {card.name}, whose events have no time but their "
            f"order in the file, got {config.tie_seed}"
        )
    files = open_events(directory, card.events)
    schema = schema_file(data, config)
    demands = None if schema is None else load_demands(schema, card)
    names = tuple(file.name for file in files)
    source = Source(directory, card, names, demands, config.tie_seed)
    out = out.resolve()  # workers may run elsewhere
    work = out / "work"
    work.mkdir()
    rejects = out / "rejects" / "rejects.jsonl"
    rejects.parent.mkdir()

    progress("catalogue", 0, STEPS)
    items = read_items(directory, card)
    read_users(directory, card)  # a fault is told here, not in the traceback of a worker
    said = None if card.tags is None else read_tags(directory, card.tags)
    if demands is not None:
        check_tables(directory, card, items, demands)
    blocks = list(plan_blocks(files, card.events))
    read = sum(block.lines for block in blocks)
    progress(f"histories: Beam job over {read} ratings in {len(blocks)} blocks", 1, STEPS)
    collect(source, blocks, config.shards, work, beam_args)
    reasons = tell_rejects(sorted(work.glob("rejects-*.arrow")), source.event_files, rejects)
    try:
        check_whole(reasons)
        check_reject_rate(read, counted(reasons, card), config.max_reject_rate)
    except RejectRateError as error:  # the rows outlive the output that is not made
        kept = rejects.replace(out.parent / "rejected.jsonl")
        raise RejectRateError(f"{error}. Every row, with file and line: {kept}") from None
    if read == reasons.total():
        raise SourceError(f"{', '.join(source.event_files)}: expected events, got none")

    profiles = sorted(work.glob("profiles-*.arrow"))
    if items is None:
        items = items_of(profiles)
    if metadata is not None:
        items, card = with_metadata(items, card, metadata)
    how = choose_split(config, profiles)
    if said is not None:
        items, card = with_tags(items, card, said, profiles, how)
    rows = write_tables(
        profiles,
        items,
        how,
        out,
        lambda users, total: progress(f"tables: {users} of {total} users", 2, STEPS),
    )
    if rows["events"] + reasons.total() != read:
        raise RuntimeError(
            f"expected every row read taken or rejected, got {read} read, "
            f"{rows['events']} taken, {reasons.total()} rejected"
        )
    tables = Tables(
        card,
        config,
        how,
        profiles=profiles,
        catalogue=out / "catalogue.parquet",
        ratings=out / ITEM_RATINGS,
        plans=work,
    )
    if PAIRS in config.tasks:
        plan_pairs(profiles, how, config, items.column(ITEM_ID), work)
    progress(f"examples: Beam and TF-Transform job over {rows['users']} users", 3, STEPS)
    transform(tables, out, work, beam_args)
    remove_abandoned(out)
    examples = examples_made(work / EXAMPLES) if config.tasks else {}
    write_json(out / "card.json", card.to_dict())
    (out / "schema.pbtxt").write_text(text_format.MessageToString(raw_schema(card)))
    if schema is not None:
        shutil.copyfile(schema, out / "source_schema.pbtxt")
    shutil.rmtree(work)
    progress("prepared", STEPS, STEPS)
    return {
        "dataset": data.figures["dataset"],
        "source": data.figures["source"],
        "rows": {
            "read": read,
            "accepted": rows.pop("events"),
            "rejected": reasons.total(),
            "items": len(items),
            **rows,
        },
        "rejects": dict(reasons.most_common()),
        "examples": examples,
        "split": how.describe(),
        "sizes": dict(sizes(tft.TFTransformOutput(str(out / "transform")), card, config)),
    }
