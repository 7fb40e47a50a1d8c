"""What people said of items, and that none of it tells of a held-out event."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given

from pipeline.adopt import adopt
from pipeline.prepare import prepare
from pipeline.sources.files import SourceError
from pipeline.splits.cut import Split
from pipeline.splits.global_time import GlobalTime
from pipeline.tags import most_said, read_tags, with_tags
from schemas.cards import CARDS, Card, card_from_dict
from schemas.config import PrepareConfig
from tests.pipeline.profiles import FEW, ITEMS, People, people, profiles, shard_files
from tests.pipeline.tasks.build import CATALOGUE, EVERY_SPLIT, name_of

TABLE = {"files": "tags.csv", "format": "csv", "user_id": "who", "item_id": "what", "tag": "said"}


def card(**options: object) -> Card:
    events = {"files": "log.csv", "format": "csv", "user_id": "who", "item_id": "what"}
    items = {"files": "stock.csv", "format": "csv", "item_id": "what"}
    tables = {"events": events, "items": items, "tags": TABLE | options}
    return card_from_dict({"name": "shop"} | tables, "here")


def said(rows: list[tuple[str, str, str]], at: int = 0) -> pa.Table:
    names = ("user_id", "item_id", "tags")
    columns = zip(*rows, strict=True) if rows else ((), (), ())
    texts = {n: pa.array(c, pa.string()) for n, c in zip(names, columns, strict=True)}
    return pa.table(texts | {"timestamp": pa.array([at] * len(rows), pa.int64())})


def test_the_most_frequent_tags_by_hand() -> None:
    # Of b two people say "dark" (one of them twice) and one each "slow" and "calm"; c is unknown.
    rows = [("u", "dark"), ("u", "dark"), ("v", "dark"), ("w", "slow"), ("w", "calm")]
    table = said([(user, "b", tag) for user, tag in rows] + [("u", "c", "dark")])
    found = most_said(table, pa.array(["a", "b"]), 2)
    assert found.to_pylist() == [[], ["dark", "calm"]]
    assert most_said(said([]), pa.array(["a"]), 2).to_pylist() == [[]]


def test_tags_are_read_in_lower_case_and_none_are_left_out(tmp_path: Path) -> None:
    (tmp_path / "tags.csv").write_text("who,what,said\nu,a, Dark \nu,b,\n")
    table = card().tags
    assert table is not None
    assert read_tags(tmp_path, table).to_pylist() == [
        {"user_id": "u", "item_id": "a", "tags": "dark", "timestamp": 0}
    ]
    (tmp_path / "tags.csv").write_text("who,what\nu,a\n")
    with pytest.raises(SourceError, match=r"tags\.csv: expected the column 'said'"):
        read_tags(tmp_path, table)


@pytest.mark.parametrize("how", EVERY_SPLIT, ids=name_of)
@FEW
@given(people())
def test_only_tags_of_fitted_events_count(how: Split, events_of: People) -> None:
    batch = profiles(events_of)
    # Everybody says their own name of every item, whether they had it or not.
    table = said([(user, item, user) for user in events_of for item in ITEMS])
    cut = how.cut(batch, "train")
    users = list(events_of)
    fitted = {
        (event[0], users[user])
        for user, length in zip(cut.user, cut.history, strict=True)
        for event in events_of[users[user]][:length]
    }
    with TemporaryDirectory() as directory:
        paths = shard_files(batch, 2, Path(directory))
        options = {"max_tags": 100, "timestamp": "at"}
        items, found = with_tags(CATALOGUE, card(**options), table, paths, how)
    pairs = {
        (item, tag)
        for item, tags in zip(ITEMS, items.column("tags").to_pylist(), strict=True)
        for tag in tags
    }
    assert pairs == fitted
    assert found.item_features["tags"].min_count == 2
    assert found.tags is None


BY_TIME = GlobalTime(4, 8, 13, 1, 5, "first")


def tags_by_time(table: pa.Table, how: Split, **options: object) -> list[list[str]]:
    """Of a user `u` who had everything at once, at time 1."""
    batch = profiles({"u": [(item, 3.0, 1) for item in ITEMS]})
    with TemporaryDirectory() as directory:
        paths = shard_files(batch, 1, Path(directory))
        return with_tags(CATALOGUE, card(**options), table, paths, how)[0]["tags"].to_pylist()


def test_what_is_said_after_training_ends_does_not_count() -> None:
    early, late = (said([("u", ITEMS[0], word)], at) for word, at in (("early", 3), ("late", 4)))
    found = tags_by_time(pa.concat_tables([early, late]), BY_TIME, timestamp="at")
    assert found == [["early"]] + [[]] * (len(ITEMS) - 1)


def test_tags_without_times_are_refused_in_a_split_by_time() -> None:
    with pytest.raises(ValueError, match=r"tags\.timestamp: expected the column of the time"):
        tags_by_time(said([("u", ITEMS[0], "dark")]), BY_TIME)


def test_times_of_tags_are_read_in_their_unit(tmp_path: Path) -> None:
    (tmp_path / "tags.csv").write_text("who,what,said,at\nu,a,dark,5999\n")
    table = card(timestamp="at", timestamp_unit="ms").tags
    assert table is not None
    assert read_tags(tmp_path, table)["timestamp"].to_pylist() == [5]
    (tmp_path / "tags.csv").write_text("who,what,said,at\nu,a,dark,soon\n")
    with pytest.raises(
        SourceError, match=r"tags\.csv: at: expected whole milliseconds, got 'soon'"
    ):
        read_tags(tmp_path, table)


@pytest.mark.slow
def test_a_release_with_tags_is_prepared(tmp_path: Path) -> None:
    lines = [
        f"{user},{item},{1 + (user * item) % 5},{900_000_000 + n}"
        for user in range(1, 9)
        for n, item in enumerate(range(1, 13))
    ]
    (tmp_path / "ratings.csv").write_text("userId,movieId,rating,timestamp\n" + "\n".join(lines))
    films = "".join(f"{item},Film {item} (1990),Drama\n" for item in range(1, 13))
    (tmp_path / "movies.csv").write_text("movieId,title,genres\n" + films)
    tags = "1,1,Noir,1\n2,1,noir,1\n1,2,noir,1\n1,12,late,1\n"
    (tmp_path / "tags.csv").write_text("userId,movieId,tag,timestamp\n" + tags)
    out = tmp_path / "out"
    out.mkdir()
    figures = prepare(adopt(CARDS / "ml-csv.toml", tmp_path), PrepareConfig(shards=2), out)
    catalogue = pq.read_table(out / "catalogue.parquet").to_pylist()
    assert {row["item_id"]: row["tags"] for row in catalogue if row["tags"]} == {
        "1": ["noir"],
        "2": ["noir"],
    }
    # Padding, the one tag, and the out-of-vocabulary bucket.
    assert figures["sizes"]["tags"] == 3
