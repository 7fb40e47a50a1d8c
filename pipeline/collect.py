"""First Beam job: event files to one Arrow file of profiles per hash shard, and the rejects."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import apache_beam as beam
import pyarrow as pa

from pipeline.ahead import ahead
from pipeline.arrow_files import write_batch
from pipeline.cleaning import CODED_EVENTS, clean
from pipeline.histories import (
    by_shard,
    group,
    in_order,
    join_users,
    without_repeats,
)
from pipeline.packing import pack, unpack
from pipeline.rejects import keep_rejects
from pipeline.runner import new_pipeline
from pipeline.sources.blocks import Block, read_block
from pipeline.sources.items import read_items
from pipeline.sources.users import read_users, user_schema
from pipeline.validation.expected import Expected
from schemas.cards import Card
from schemas.columns import ITEM_ID, ORDINAL

USERS_PER_BATCH = 512
PEOPLE = None
"""Stands for the table of people among the blocks of events: to flatten two collections into one
costs the local runner a pass over all events, and a copy."""


@dataclass(frozen=True)
class Source:
    """A dataset on disk.

    Attributes:
        directory: Where its files are.
        card: What they are.
        event_files: Name of each event file by its number, for the rejects.
        demands: What its schema says of each column; None if it has none.
        tie_seed: How a user's events of one second are ordered; see `histories.in_order`.
    """

    directory: Path
    card: Card
    event_files: tuple[str, ...]
    demands: Mapping[str, Expected] | None = None
    tie_seed: int = 0


def collect(
    source: Source,
    blocks: Sequence[Block],
    shards: int,
    work: Path,
    beam_args: Sequence[str] = (),
) -> None:
    """Runs the job.

    Args:
        source: What is read.
        blocks: The event files in parts.
        shards: Hash shards of users.
        work: Takes `profiles-<shard>.arrow`, batches of `histories.profile_schema` sorted by user,
            and `rejects-*.arrow`, for `rejects.tell_rejects`.
        beam_args: Beam options.
    """
    with new_pipeline(beam_args) as pipeline:
        _ = (
            pipeline
            | "Parts" >> beam.Create([PEOPLE, *blocks])
            | "Spread" >> beam.Reshuffle()
            | "Read" >> beam.ParDo(_Read(source, str(work)))
            | "ByUser" >> beam.FlatMap(_packed_by_shard, shards)
            | "ByShard" >> beam.GroupByKey()
            | "Group" >> beam.Map(_write_profiles, source, str(work))
        )


class _Read(beam.DoFn):
    """Parts to batches of `CODED_EVENTS`, or the one of `user_schema`; rejects go to a file."""

    def __init__(self, source: Source, work: str):
        super().__init__()
        self.source, self.work = source, work

    def setup(self) -> None:
        """Reads the catalogue's ids; None if it is whatever the events name."""
        items = read_items(self.source.directory, self.source.card)
        self.item_ids = None if items is None else items.column(ITEM_ID)

    def process(self, part: Block | None) -> Iterator[pa.RecordBatch]:
        """Reads a block of events, or the people."""
        source = self.source
        if part is PEOPLE:
            yield read_users(source.directory, source.card)
            return
        rejects = []
        for events, rejected in ahead(self._taken(part)):
            yield events
            rejects += rejected
        name = f"rejects-file-{part.file.number}-{part.start}.arrow"
        keep_rejects(rejects, Path(self.work) / name)

    def _taken(self, block: Block) -> Iterator[tuple[pa.RecordBatch, list[pa.RecordBatch]]]:
        """Events of a block and rejects, some at a time."""
        for rows, broken in read_block(block, self.source.card.events):
            events, rejected = clean(rows, self.source.card, self.item_ids, self.source.demands)
            yield events, [broken, rejected]


def _packed_by_shard(batch: pa.RecordBatch, shards: int) -> Iterator[tuple[int, pa.RecordBatch]]:
    for shard, rows in by_shard(batch, shards):
        yield shard, pack(rows)


def _write_profiles(keyed: tuple[int, Iterable[pa.RecordBatch]], source: Source, work: str) -> None:
    """Writes one shard's profiles, and its repeated events as rejects."""
    shard, batches = keyed
    read: dict[bool, list[pa.RecordBatch]] = {True: [], False: []}
    for batch in batches:
        read[ORDINAL in batch.schema.names].append(batch)
    events = in_order(_concat(CODED_EVENTS, read[True]), source.tie_seed)
    events, repeats = without_repeats(events)
    users = _concat(user_schema(source.card), read[False])
    profiles = join_users(group(events), users, source.card)
    write_batch(profiles, Path(work) / f"profiles-{shard:05d}.arrow", USERS_PER_BATCH)
    keep_rejects([repeats], Path(work) / f"rejects-shard-{shard:05d}.arrow")


def _concat(schema: pa.Schema, packed: Iterable[pa.RecordBatch]) -> pa.RecordBatch:
    batches = [unpack(batch, schema) for batch in packed]
    return pa.concat_batches([pa.RecordBatch.from_pylist([], schema), *batches])
