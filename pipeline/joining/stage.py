"""The join stage: what sources of film metadata know of a catalogue's items."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv
import pyarrow.parquet

from pipeline.joining.gains import add_details, no_details, present
from pipeline.joining.match import match
from pipeline.joining.matches import METHODS
from pipeline.joining.records import TITLES, MetadataSource, filled, imdb_ids
from pipeline.joining.report import doubtful_table, matches_table, source_report
from schemas.artifacts import write_json
from schemas.columns import ITEM_ID, TITLE
from schemas.config import JoinConfig

Progress = Callable[[str, int, int], None]
"""Called with `(what is done, steps done, steps)`."""

YEAR, GENRES = "year", "genres"


def join(
    items: pa.Table,
    links: pa.Table | None,
    sources: Sequence[MetadataSource],
    config: JoinConfig,
    out: Path,
    progress: Progress = lambda text, done, total: None,
) -> dict[str, Any]:
    """Fills `out` with `metadata.parquet`, `matches.parquet`, `doubtful.tsv` and `join.json`.

    Sources are asked in turn: what an earlier one says of an item stands, later ones fill gaps. An
    IMDb id that an item gets from one source is how it is looked for in the next.

    Args:
        items: `item_id` string, `title` string; where known, `year` float (NaN missing) and
            `genres` list of string. Other columns are left alone.
        links: `item_id` and `imdb_id`, as `links.read_links`; None if there is none.
        sources: Where the metadata comes from, the most trusted first.
        config: The stage's settings.
        out: An empty directory.
        progress: Told of each step.

    Returns:
        The figures for the manifest, which are the content of `join.json`.

    Raises:
        ValueError: A column is missing, there is no source, or nothing matches at all.
        SourceError: A source is missing or malformed.
    """
    if not sources:
        raise ValueError("sources: expected at least one source of metadata, got none")
    films = as_films(items, links)
    linked = _linked(films)
    gained = no_details(len(films))
    reports, matched, doubtful = [], [], []
    for source in sources:
        progress(f"{source.name}: titles", 0, 1)
        records = source.titles()
        found = match(films, records, config, _step(progress, f"{source.name}: similar titles"))
        progress(f"{source.name}: details", 0, 1)
        gained = add_details(gained, source, records, found)
        reports.append(source_report(source.name, records, found))
        matched.append(matches_table(source.name, films, records, found))
        doubtful.append(doubtful_table(source.name, films, records, found))
        films = _with_ids(films, records, found.record)
    if not any(report["matched"][m] for report in reports for m in METHODS[1:]):
        raise ValueError(
            f"join: expected items to be found in {[source.name for source in sources]}, "
            f"got no match for any of {len(films)} items"
        )
    metadata = pa.table(
        {ITEM_ID: films.column("source_id"), "imdb_id": films.column("imdb_id"), **gained}
    )
    figures = {
        "items": len(films),
        "linked": linked,
        "sources": reports,
        "filled": {name: int(present(column).sum()) for name, column in gained.items()},
    }
    pa.parquet.write_table(metadata, out / "metadata.parquet")
    pa.parquet.write_table(pa.concat_tables(matched), out / "matches.parquet")
    pa.csv.write_csv(
        pa.concat_tables(doubtful), out / "doubtful.tsv", pa.csv.WriteOptions(delimiter="\t")
    )
    write_json(out / "join.json", figures)
    return figures


def as_films(items: pa.Table, links: pa.Table | None) -> pa.Table:
    """The items as `records.TITLES`, sorted by id; `source_id` is the item id."""
    for name in (ITEM_ID, TITLE):
        if name not in items.column_names:
            raise ValueError(f"items: expected a column {name!r}, got {items.column_names}")
    items = items.sort_by(ITEM_ID)
    ids = items.column(ITEM_ID)
    columns = {"source_id": ids, TITLE: items.column(TITLE)}
    if links is not None:
        row = pc.index_in(ids, links.column(ITEM_ID).combine_chunks())
        columns["imdb_id"] = imdb_ids(links.column("imdb_id").take(row).combine_chunks())
    columns |= {name: items.column(name) for name in (YEAR, GENRES) if name in items.column_names}
    for field in TITLES:
        columns.setdefault(field.name, pa.nulls(len(items), field.type))
    return filled(pa.table(columns), TITLES)


def _with_ids(films: pa.Table, records: pa.Table, record: np.ndarray) -> pa.Table:
    """Items that have no id get that of the record they were matched with."""
    ours = films.column("imdb_id")
    at = pa.array(record, mask=record < 0)
    theirs = pc.fill_null(records.column("imdb_id").take(at), "")
    ids = pc.if_else(pc.equal(ours, ""), theirs, ours)
    return films.set_column(films.schema.get_field_index("imdb_id"), "imdb_id", ids)


def _linked(films: pa.Table) -> int:
    return int(pc.sum(pc.not_equal(films.column("imdb_id"), "")).as_py() or 0)


def _step(progress: Progress, text: str) -> Callable[[int, int], None]:
    return lambda done, total: progress(text, done, total)
