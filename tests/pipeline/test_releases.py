"""The same ratings as another release has them give the same result."""

from __future__ import annotations

import csv
from pathlib import Path

import pyarrow as pa

from pipeline.collect import Source, collect
from pipeline.sources.blocks import open_events, plan_blocks
from pipeline.sources.items import read_items
from schemas.artifacts import Artifact
from schemas.cards import CARDS, Card, load_card

ML_100K, ML_100K_TSV, ML_1M, CSV = (
    load_card(CARDS / f"{name}.toml") for name in ("ml-100k", "ml-100k-tsv", "ml-1m", "ml-csv")
)
SHARDS = 3


def profiles(directory: Path, card: Card, work: Path) -> pa.Table:
    """All profiles, sorted by user."""
    work.mkdir()
    files = open_events(directory, card.events)
    source = Source(directory, card, tuple(file.name for file in files))
    blocks = list(plan_blocks(files, card.events, block_bytes=10_000))
    assert len(blocks) > 1
    collect(source, blocks, SHARDS, work)
    assert not list(work.glob("rejects-*"))
    tables = [pa.ipc.open_file(str(path)).read_all() for path in work.glob("profiles-*.arrow")]
    assert len(tables) == SHARDS
    return pa.concat_tables(tables).sort_by("user_id").combine_chunks()


def as_tsv(official: Path, directory: Path) -> None:
    """Rewrites the official ml-100k files with typed headers."""
    directory.mkdir()

    def write(name: str, header: str, lines: list[str]) -> None:
        (directory / name).write_text("\n".join([header.replace(" ", "\t"), *lines]) + "\n")

    events = "user_id:token item_id:token rating:float timestamp:float"
    write("ml-100k.inter", events, (official / "u.data").read_text().splitlines())
    users = (official / "u.user").read_text().splitlines()
    people = "user_id:token age:token gender:token occupation:token zip_code:token"
    write("ml-100k.user", people, [line.replace("|", "\t") for line in users])
    items = []
    for row in read_items(official, ML_100K).to_pylist():
        year = f"{row['year']:.0f}" if row["year"] == row["year"] else "unkonwn"
        items.append("\t".join([row["item_id"], row["title"], year, " ".join(row["genres"])]))
    films = "item_id:token movie_title:token_seq release_year:token class:token_seq"
    write("ml-100k.item", films, items)


def test_the_two_releases_of_ml_100k(planted: Artifact, tmp_path: Path) -> None:
    as_tsv(planted.path, tmp_path / "tsv")
    official = profiles(planted.path, ML_100K, tmp_path / "a")
    assert profiles(tmp_path / "tsv", ML_100K_TSV, tmp_path / "b").equals(official)
    items = read_items(planted.path, ML_100K), read_items(tmp_path / "tsv", ML_100K_TSV)
    assert repr(items[0].to_pylist()) == repr(items[1].to_pylist())


def test_dat_and_csv_releases(planted: Artifact, tmp_path: Path) -> None:
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
        "".join(f"{u}::{gender}::25::20::{code}\n" for u, _, gender, _, code in people)
    )
    with (tmp_path / "csv" / "ratings.csv").open("w", newline="") as file:
        csv.writer(file).writerows([["userId", "movieId", "rating", "timestamp"], *rows])
    with (tmp_path / "csv" / "movies.csv").open("w", newline="") as file:
        titles = [[i["item_id"], i["title"], "Drama"] for i in items]
        csv.writer(file).writerows([["movieId", "title", "genres"], *titles])

    official = profiles(planted.path, ML_100K, tmp_path / "a")
    found = profiles(tmp_path / "dat", ML_1M, tmp_path / "b")
    assert set(found.column("age").to_pylist()) == {"25-34"}
    assert set(found.column("occupation").to_pylist()) == {"writer"}
    coded = ["age", "occupation"]
    assert found.drop_columns(coded).equals(official.drop_columns(coded))
    history = ["user_id", "history_item_id", "history_rating", "history_timestamp"]
    assert profiles(tmp_path / "csv", CSV, tmp_path / "c").equals(official.select(history))
