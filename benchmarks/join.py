"""`python -m benchmarks.join --archive ml-latest-small.zip`: film metadata by id and by title.

The id join is the truth of the join by title and year; both read the CC0 metadata.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from dataclasses import asdict, replace
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv
import pyarrow.parquet

from benchmarks.results import write_result
from pipeline.joining.fetch import FILE, fetch_film_metadata
from pipeline.joining.gains import present
from pipeline.joining.links import read_links
from pipeline.joining.match import match
from pipeline.joining.matches import METHODS
from pipeline.joining.records import Records
from pipeline.joining.sqlite import read_sqlite
from pipeline.joining.stage import as_films, join
from pipeline.unpack import unpack
from schemas.artifacts import sha256
from schemas.config import JoinConfig

TITLE_AND_YEAR = r"^(?P<title>.*?)\s*\((?P<year>\d{4})(?:[-\x{2013}]\s?(?:\d{4})?)?\)\s*$"
THRESHOLDS = (80.0, 85.0, 90.0, 95.0)
LEAST_RATING_SHARE, LEAST_RECALL, LEAST_PRECISION = 0.94, 0.85, 0.99


def main() -> None:
    """Measures, prints and writes the result; fails if a figure is below what is asked of it."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.join", description=__doc__)
    parser.add_argument("--archive", type=Path, required=True, help="ml-latest-small.zip")
    parser.add_argument("--data", type=Path, default=Path("data"), help="of fetched datasets")
    arguments = parser.parse_args()
    metadata = fetch_film_metadata(arguments.data).path / FILE
    with tempfile.TemporaryDirectory() as directory:
        release = Path(directory)
        unpack(arguments.archive, release)
        figures, peers = measure(release, metadata)
    for name, value in figures.items():
        print(f"{name}: {value}")
    data = {
        "name": "ml-latest-small",
        "rows": figures["ratings"],
        "sha256": {path.name: sha256(path) for path in (arguments.archive, metadata)},
    }
    print(write_result("join", data, 0, {"join": asdict(JoinConfig())}, figures, peers))
    for name, least in (
        ("by_id_rating_share_with_directors", LEAST_RATING_SHARE),
        ("by_title_recall", LEAST_RECALL),
        ("by_title_precision", LEAST_PRECISION),
    ):
        if figures[name] < least:
            raise SystemExit(f"{name}: expected at least {least}, got {figures[name]}")


def measure(release: Path, metadata: Path) -> tuple[dict[str, float], dict[str, dict[str, float]]]:
    """Figures of the join by title, and the same of the exact spelling as its peer."""
    items, source, config = read_movies(release / "movies.csv"), read_sqlite(metadata), JoinConfig()
    ratings = pa.csv.read_csv(
        release / "ratings.csv",
        convert_options=pa.csv.ConvertOptions(column_types={"movieId": pa.string()}),
    ).column("movieId")
    records = source.titles()
    links = read_links(release / "links.csv")
    by_id, has_directors, id_seconds = _joined(items, links, source, config)
    by_title, _, title_seconds = _joined(items, None, source, config)
    true, found = _records(by_id, records), _records(by_title, records)
    rated = pc.index_in(ratings, by_id.column("item_id").combine_chunks()).to_numpy()
    figures: dict[str, float] = {
        "ratings": len(ratings),
        "items": len(items),
        "records": len(records),
        "by_id_items": int((true >= 0).sum()),
        "by_id_rating_share_with_directors": round(float(has_directors[rated].mean()), 4),
        "by_id_s": id_seconds,
        **_quality("by_title", true, found),
        "by_title_s": title_seconds,
    }
    method = np.array(by_title.column("method").to_pylist())
    for name in METHODS[1:]:
        if (method == name).any():
            figures[f"by_title_{name}_items"] = int((method == name).sum())
            correct = (found == true)[method == name]
            figures[f"by_title_{name}_precision"] = round(float(correct.mean()), 4)
    return figures | _thresholds(items, records, true), {
        "same_spelling_and_year": _quality("by_title", true, _same_spelling(by_title, records))
    }


def read_movies(path: Path) -> pa.Table:
    """`item_id`, `title`, `year` and `genres` of `movies.csv`."""
    text = pa.csv.ConvertOptions(column_types={"movieId": pa.string()})
    movies = pa.csv.read_csv(path, convert_options=text).combine_chunks()
    title = movies.column("title").combine_chunks()
    parts = pc.extract_regex(title, TITLE_AND_YEAR)
    return pa.table(
        {
            "item_id": movies.column("movieId"),
            "title": pc.if_else(pc.is_valid(parts), pc.struct_field(parts, "title"), title),
            "year": pc.struct_field(parts, "year").cast(pa.float32()),
            "genres": pc.split_pattern(movies.column("genres"), "|"),
        }
    )


def _joined(
    items: pa.Table, links: pa.Table | None, source: Records, config: JoinConfig
) -> tuple[pa.Table, np.ndarray, float]:
    """The stage's table of matches, which items have directors, and the seconds it took."""
    with tempfile.TemporaryDirectory() as directory:
        started = time.perf_counter()
        join(items, links, [source], config, Path(directory))
        seconds = round(time.perf_counter() - started, 2)
        metadata = pa.parquet.read_table(Path(directory) / "metadata.parquet")
        matches = pa.parquet.read_table(Path(directory) / "matches.parquet")
    directors = metadata.column("directors").combine_chunks()
    return matches, present(directors), seconds


def _records(matches: pa.Table, records: pa.Table) -> np.ndarray:
    """`[items]` row of each item's record, -1 for none."""
    row = pc.index_in(matches.column("record_id"), records.column("source_id").combine_chunks())
    return pc.fill_null(row, -1).to_numpy()


def _quality(name: str, true: np.ndarray, found: np.ndarray) -> dict[str, float]:
    """Share of the id join's matches that were found, and share of what was found that is right."""
    correct = ((found >= 0) & (found == true)).sum()
    return {
        f"{name}_items": int((found >= 0).sum()),
        f"{name}_recall": round(float(correct / (true >= 0).sum()), 4),
        f"{name}_precision": round(float(correct / (found >= 0).sum()), 4),
    }


def _same_spelling(matches: pa.Table, records: pa.Table) -> np.ndarray:
    """`[items]` row of the record whose title is the same text in the same year, -1 for none."""
    ours, theirs = (
        pc.binary_join_element_wise(
            table.column("title"), pc.fill_null(table.column("year").cast(pa.string()), "?"), "|"
        )
        for table in (matches, records)
    )
    return pc.fill_null(pc.index_in(ours, theirs.combine_chunks()), -1).to_numpy()


def _thresholds(items: pa.Table, records: pa.Table, true: np.ndarray) -> dict[str, float]:
    """What other thresholds give, and how many similar titles they take that cannot be right.

    For the latter the true record of every item is taken away; what is then found by a similar
    title is another film.
    """
    films = as_films(items, None)
    others = records.filter(pa.array(~np.isin(np.arange(len(records)), true)))
    figures: dict[str, float] = {}
    for threshold in THRESHOLDS:
        config = replace(JoinConfig(), min_score=threshold)
        found = match(films, records, config).record
        quality = _quality(f"min_score_{threshold:.0f}", true, found)
        wrong = match(films, others, config)
        fuzzy = (wrong.method == METHODS.index("fuzzy")) & (true >= 0)
        quality[f"min_score_{threshold:.0f}_false_fuzzy_items"] = int(fuzzy.sum())
        figures |= quality
    return figures


if __name__ == "__main__":
    main()
