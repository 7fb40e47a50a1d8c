"""The same ratings in another layout give the same result."""

from __future__ import annotations

import csv
from pathlib import Path

import pyarrow as pa

from pipeline.collect import Source, collect
from pipeline.sources.blocks import plan_blocks
from pipeline.sources.items import read_items
from pipeline.sources.layouts import CSV, ML_1M, ML_100K, ML_100K_TSV, Layout
from schemas.artifacts import Artifact
from schemas.cards import load_card

SHARDS = 3


def profiles(directory: Path, layout: Layout, work: Path) -> pa.Table:
    """All profiles, sorted by user."""
    work.mkdir()
    source = Source(str(directory), layout, load_card(layout.card))
    blocks = list(plan_blocks(directory, layout.events, block_bytes=10_000))
    assert len(blocks) > 1
    collect(source, blocks, SHARDS, work, work / "rejects.jsonl")
    assert (work / "rejects.jsonl").read_text() == ""
    tables = [pa.ipc.open_file(str(path)).read_all() for path in work.glob("profiles-*.arrow")]
    assert len(tables) == SHARDS
    return pa.concat_tables(tables).sort_by("user_id").combine_chunks()


def as_tsv(official: Path, directory: Path) -> None:
    """Rewrites the official ml-100k files with typed headers."""
    directory.mkdir()

    def write(table: object, lines: list[str]) -> None:
        text = "\n".join([table.header, *lines]) + "\n"  # type: ignore[attr-defined]
        (directory / table.file).write_text(text)  # type: ignore[attr-defined]

    write(ML_100K_TSV.events, (official / "u.data").read_text().splitlines())
    users = (official / "u.user").read_text().splitlines()
    write(ML_100K_TSV.users, [line.replace("|", "\t") for line in users])
    items = []
    for row in read_items(official, ML_100K).to_pylist():
        year = f"{row['year']:.0f}" if row["year"] == row["year"] else "unkonwn"
        items.append("\t".join([row["item_id"], row["title"], year, " ".join(row["genres"])]))
    write(ML_100K_TSV.items, items)


def test_the_two_layouts_of_ml_100k(planted: Artifact, tmp_path: Path) -> None:
    as_tsv(planted.path, tmp_path / "tsv")
    official = profiles(planted.path, ML_100K, tmp_path / "a")
    assert profiles(tmp_path / "tsv", ML_100K_TSV, tmp_path / "b").equals(official)
    items = read_items(planted.path, ML_100K), read_items(tmp_path / "tsv", ML_100K_TSV)
    assert repr(items[0].to_pylist()) == repr(items[1].to_pylist())


def test_dat_and_csv_layouts(planted: Artifact, tmp_path: Path) -> None:
    rows = [line.split("\t") for line in (planted.path / "u.data").read_text().splitlines()]
    people = [line.split("|") for line in (planted.path / "u.user").read_text().splitlines()]
    items = read_items(planted.path, ML_100K).to_pylist()
    for name in ("dat", "csv"):
        (tmp_path / name).mkdir()
    (tmp_path / "dat" / "ratings.dat").write_text("".join("::".join(r) + "\n" for r in rows))
    (tmp_path / "dat" / "movies.dat").write_text(
        "".join(f"{i['item_id']}::{i['title']}::Drama\n" for i in items), encoding="latin-1"
    )
    (tmp_path / "dat" / "users.dat").write_text(
        "".join(f"{u}::{gender}::{age}::{job}::{code}\n" for u, age, gender, job, code in people)
    )
    with (tmp_path / "csv" / "ratings.csv").open("w", newline="") as file:
        csv.writer(file).writerows([["userId", "movieId", "rating", "timestamp"], *rows])
    with (tmp_path / "csv" / "movies.csv").open("w", newline="") as file:
        titles = [[i["item_id"], i["title"], "Drama"] for i in items]
        csv.writer(file).writerows([["movieId", "title", "genres"], *titles])

    official = profiles(planted.path, ML_100K, tmp_path / "a")
    assert profiles(tmp_path / "dat", ML_1M, tmp_path / "b").equals(official)
    history = ["user_id", "history_item_id", "history_rating", "history_timestamp"]
    assert profiles(tmp_path / "csv", CSV, tmp_path / "c").equals(official.select(history))
