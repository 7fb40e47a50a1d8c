"""The catalogue: item ids with title, year and genres."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from pipeline.sources.layouts import GENRE_FLAGS, Layout, SourceError
from pipeline.sources.tables import floats, lists, read_table
from schemas.columns import ITEM_ID, TITLE

# "(2006-2007)" and "(2019- )" are series in the CSV releases; "(V)" is straight to video.
TITLE_AND_YEAR = r"^(?P<title>.*?)\s*\((?P<year>\d{4})(?:[-\x{2013}]\s?(?:\d{4})?)?\)\s*(?:\(V\))?$"
# "unkonwn" is how the TSV release spells it.
NO_TITLE = pa.array(["unknown", "unkonwn"])
NO_GENRE = pa.array(["unknown", "(no genres listed)", ""])


def read_items(directory: Path, layout: Layout) -> pa.RecordBatch:
    """Every item, sorted by `item_id`.

    Returns:
        `item_id` string, `title` string ("" missing), `genres` list of string, `year` float32
        (NaN missing).

    Raises:
        SourceError: As `tables.read_table`.
    """
    table = read_table(directory, layout.items)
    title, year = _title_and_year(table)
    items = pa.record_batch(
        {
            ITEM_ID: table.column(ITEM_ID),
            TITLE: title,
            "genres": _genres(directory, layout, table),
            "year": floats(year, str(directory / layout.items.file), "year"),
        }
    )
    return items.take(pc.sort_indices(items.column(ITEM_ID)))


def _title_and_year(table: pa.RecordBatch) -> tuple[pa.Array, pa.Array]:
    """Splits "Toy Story (1995)"; the year is text, "" where there is none."""
    title = table.column(TITLE)
    if "year" in table.schema.names:
        # Put together again, for one of them has its year in the title and "V" in the year.
        title = pc.binary_join_element_wise(
            title, pc.binary_join_element_wise("(", table.column("year"), ")", ""), " "
        )
        title = pc.replace_substring(title, " (unkonwn)", "")
    parts = pc.extract_regex(title, TITLE_AND_YEAR)
    matched = pc.is_valid(parts)
    name = pc.if_else(matched, pc.struct_field(parts, "title"), title)
    name = pc.if_else(pc.is_in(name, value_set=NO_TITLE), "", name)
    return name, pc.if_else(matched, pc.struct_field(parts, "year"), "")


def _genres(directory: Path, layout: Layout, table: pa.RecordBatch) -> pa.Array:
    if layout.genre_names is None:
        return _without_placeholders(
            pc.split_pattern(table.column("genres"), layout.genre_separator)
        )
    names = _genre_names(directory / layout.genre_names)
    flags = [
        pc.equal(table.column(flag), "1").to_numpy(zero_copy_only=False) for flag in GENRE_FLAGS
    ]
    return _without_placeholders(lists(np.stack(flags, axis=1), names))


def _genre_names(path: Path) -> list[str]:
    if not path.is_file():
        raise SourceError(f"{path}: expected a file, found none")
    names = [line.partition("|")[0] for line in path.read_text(encoding="latin-1").split()]
    if len(names) != len(GENRE_FLAGS):
        raise SourceError(f"{path}: expected {len(GENRE_FLAGS)} genres, got {len(names)}")
    return names


def _without_placeholders(genres: pa.Array) -> pa.Array:
    """Drops the words that stand for "none known"."""
    values = genres.flatten()
    row = pc.list_parent_indices(genres).to_numpy()
    kept = ~pc.is_in(values, value_set=NO_GENRE).to_numpy(zero_copy_only=False)
    counts = np.bincount(row[kept], minlength=len(genres))
    offsets = np.concatenate([[0], np.cumsum(counts)]).astype(np.int32)
    return pa.ListArray.from_arrays(pa.array(offsets), values.filter(pa.array(kept)))
