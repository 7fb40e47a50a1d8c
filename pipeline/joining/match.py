"""Items to the records of one source: by id where an item has one, else by title and year."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from pipeline.joining.by_title import TitleJoin, films
from pipeline.joining.doubts import LEFT_OUT
from pipeline.joining.matches import IMDB_ID, Doubt, Matches
from schemas.config import JoinConfig


def match(
    items: pa.Table,
    records: pa.Table,
    config: JoinConfig,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> Matches:
    """Finds each item's record.

    Two ids that differ are two films: an item that has an id is never joined by title to a record
    that has one too.

    Args:
        items: As `records.TITLES`; `imdb_id` is "" where it is not known.
        records: As `records.TITLES`.
        config: The settings.
        progress: Called with `(done, total)` while similar titles are looked for.
    """
    matches = Matches.none(len(items))
    _by_id(items.column("imdb_id"), records.column("imdb_id"), matches)
    item_has_id = _there(items.column("imdb_id"))
    record_has_id = _there(records.column("imdb_id"))
    untaken = np.ones(len(records), bool)
    untaken[matches.record[matches.record >= 0]] = False
    rounds = [
        (ours, theirs)
        for ours, theirs in (
            (~item_has_id, untaken),
            (item_has_id & (matches.record < 0), untaken & ~record_has_id),
        )
        if ours.any() and theirs.any()
    ]
    if rounds:
        ours, theirs = films(items), films(records)
        for free_items, free_records in rounds:
            TitleJoin(ours, theirs, matches, config, free_items, free_records).run(progress)
    # What was left out for a doubt may have been found in another way since.
    matches.doubts = [
        doubt
        for doubt in matches.doubts
        if doubt.reason not in LEFT_OUT or matches.record[doubt.item] < 0
    ]
    return matches


def _by_id(ours: pa.ChunkedArray, theirs: pa.ChunkedArray, matches: Matches) -> None:
    known = pc.if_else(pc.equal(ours, ""), None, ours)
    found = pc.fill_null(pc.index_in(known, theirs.combine_chunks()), -1).to_numpy()
    items = np.flatnonzero(found >= 0)
    matches.take(items, found[items], IMDB_ID, np.full(len(items), np.nan))
    record, count = np.unique(found[items], return_counts=True)
    shared = items[np.isin(found[items], record[count > 1])]
    matches.doubts += [Doubt("shared_id", item, int(found[item])) for item in shared.tolist()]


def _there(ids: pa.ChunkedArray) -> np.ndarray:
    return pc.not_equal(ids, "").to_numpy()
