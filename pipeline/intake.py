"""What is taken of a data directory: the catalogue, and every event or its rejection."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa

from pipeline.collect import Source, collect
from pipeline.datasets import card_of
from pipeline.progress import STEPS, Progress
from pipeline.rejects import (
    RejectRateError,
    check_reject_rate,
    check_whole,
    counted,
    tell_rejects,
)
from pipeline.sources.blocks import open_events, plan_blocks
from pipeline.sources.files import SourceError, SourceFile
from pipeline.sources.items import read_items
from pipeline.sources.users import read_users
from pipeline.tags import read_tags
from pipeline.validation.choose import schema_file
from pipeline.validation.demands import load_demands
from pipeline.validation.tables import check_tables
from schemas.artifacts import Artifact
from schemas.config import PrepareConfig

REJECTED = "rejected.jsonl"
"""The rows of a run that failed, beside the versions."""


@dataclass(frozen=True)
class Events:
    """The events of all files.

    Attributes:
        profiles: The shard files, a row for each user.
        read: Rows in the files.
        reasons: Rejected rows by reason.
    """

    profiles: Sequence[Path]
    read: int
    reasons: Counter[str]

    def check_none_lost(self, taken: int) -> None:
        """Whether the events in the shards are all that were read and not rejected.

        Raises:
            RuntimeError: The runner lost or doubled rows.
        """
        if taken + self.reasons.total() != self.read:
            raise RuntimeError(
                f"expected every row read taken or rejected, got {self.read} read, "
                f"{taken} taken, {self.reasons.total()} rejected"
            )


def open_source(data: Artifact, config: PrepareConfig) -> tuple[Source, Sequence[SourceFile]]:
    """The dataset as the first job reads it, and its event files.

    Raises:
        SourceError: An event file is missing or lacks a column.
        ValueError: The schema contradicts the card, or the settings do not fit it.
    """
    card, directory = card_of(data), data.path.resolve()
    if config.tie_seed and not card.events.timestamp:
        raise ValueError(
            f"prepare.tie_seed: expected 0 for {card.name}, whose events have no time but their "
            f"order in the file, got {config.tie_seed}"
        )
    if config.tasks and config.task_label == "explicit" and not card.events.rating:
        raise ValueError(
            f"prepare.task_label: expected implicit for {card.name}, whose events have no rating, "
            "got explicit"
        )
    files = open_events(directory, card.events)
    schema = schema_file(data, config)
    demands = None if schema is None else load_demands(schema, card)
    names = tuple(file.name for file in files)
    return Source(directory, card, names, demands, config.tie_seed), files


def read_catalogue(source: Source) -> tuple[pa.RecordBatch | None, pa.Table | None]:
    """Items and tags, None where there are none; people are read for their faults alone.

    Raises:
        SourceError: A table is missing or broken.
        AnomalyError: Items or people are not as the schema says.
    """
    card, directory = source.card, source.directory
    items = read_items(directory, card)
    read_users(directory, card)  # a fault is told here, not in the traceback of a worker
    tags = None if card.tags is None else read_tags(directory, card.tags)
    if source.demands is not None:
        check_tables(directory, card, items, source.demands)
    return items, tags


def take_events(
    source: Source,
    files: Sequence[SourceFile],
    config: PrepareConfig,
    out: Path,
    beam_args: Sequence[str],
    progress: Progress,
) -> Events:
    """Runs the first job, and writes `rejects/rejects.jsonl` into `out`.

    Args:
        source: Of `open_source`.
        files: The same.
        config: The stage's settings.
        out: The artefact's directory, with `work/` for the shard files.
        beam_args: Beam options.
        progress: Told that the job begins.

    Raises:
        SourceError: No event is left.
        RejectRateError: Too many rows were rejected, or the end of a file is lost.
    """
    work, rejects = out / "work", out / "rejects" / "rejects.jsonl"
    rejects.parent.mkdir()
    blocks = list(plan_blocks(files, source.card.events))
    read = sum(block.lines for block in blocks)
    progress(f"histories: Beam job over {read} ratings in {len(blocks)} blocks", 1, STEPS)
    collect(source, blocks, config.shards, work, beam_args)
    reasons = tell_rejects(sorted(work.glob("rejects-*.arrow")), source.event_files, rejects)
    if not read:
        raise SourceError(f"{', '.join(source.event_files)}: expected events, got none")
    kept = out.parent / REJECTED
    try:
        check_whole(reasons)
        check_reject_rate(read, counted(reasons, source.card), config.max_reject_rate)
        if read == reasons.total() > 0:
            raise SourceError(f"{', '.join(source.event_files)}: expected a good row, got none")
    except (RejectRateError, SourceError) as error:  # the rows outlive the output that is not made
        rejects.replace(kept)
        raise type(error)(f"{error}. Every row, with file and line: {kept}") from None
    kept.unlink(missing_ok=True)  # of an earlier attempt
    return Events(sorted(work.glob("profiles-*.arrow")), read, reasons)
