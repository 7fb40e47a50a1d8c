"""The stage: several sources, what items gain, the report."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet
import pytest

from pipeline.joining.links import LINKS
from pipeline.joining.records import Records
from pipeline.joining.stage import join
from schemas.artifacts import build
from schemas.config import JoinConfig
from tests.pipeline.joining.build import film, records

ITEMS = pa.table(
    {
        "item_id": ["b", "a", "c"],
        "title": ["Matrix, The", "Heat", "Unheard Of"],
        "year": pa.array([1999, 1995, None], pa.float32()),
        "unrelated": [1, 2, 3],
    }
)
FILMS = records(
    film("The Matrix", 1999, imdb_id="tt0000001", runtime=136.0, directors=["L W"]),
    film("Heat", 1995, imdb_id="tt0000002", actors=["A P", "R D"]),
    name="films",
)
PLOTS = records(
    # Its title and year are another film's: the id from the first source counts.
    film("Matrix", 2003, imdb_id="tt0000001", runtime=1.0, description="A hacker."),
    film("Heat", 1995, description="A heist.", imdb_rating=8.0, imdb_votes=9.0),
    name="plots",
)


def rows(path: Path) -> list[dict[str, Any]]:
    return pa.parquet.read_table(path).to_pylist()


def run(out: Path, *sources: Records, links: pa.Table | None = None) -> dict[str, Any]:
    return join(ITEMS, links, sources, JoinConfig(), out)


def test_sources_fill_each_others_gaps(tmp_path: Path) -> None:
    figures = run(tmp_path, FILMS, PLOTS)
    heat, matrix, unheard = rows(tmp_path / "metadata.parquet")
    assert (heat["item_id"], heat["imdb_id"]) == ("a", "tt0000002")
    assert (heat["actors"], heat["description"]) == (["A P", "R D"], "A heist.")
    assert (heat["imdb_rating"], heat["imdb_votes"]) == (8, 9)
    assert (matrix["item_id"], matrix["imdb_id"]) == ("b", "tt0000001")
    assert (matrix["runtime"], matrix["directors"]) == (136, ["L W"])
    assert matrix["description"] == "A hacker."
    assert str(unheard) == str(
        {
            "item_id": "c",
            "imdb_id": "",
            "runtime": float("nan"),
            "directors": [],
            "actors": [],
            "imdb_rating": float("nan"),
            "imdb_votes": float("nan"),
            "description": "",
        }
    )
    none = {"none": 1, "imdb_id": 0, "exact": 2, "fuzzy": 0, "part": 0}
    assert [source["matched"] for source in figures["sources"]] == [
        none,
        none | {"imdb_id": 1, "exact": 1},
    ]
    assert figures["filled"] == {
        "runtime": 1,
        "directors": 1,
        "actors": 1,
        "imdb_rating": 1,
        "imdb_votes": 1,
        "description": 2,
    }
    assert json.loads((tmp_path / "join.json").read_text()) == figures


def test_links_count_before_titles(tmp_path: Path) -> None:
    # "a" is called "Heat", but its id says that it is the other film.
    links = pa.table({"item_id": ["a", "x"], "imdb_id": ["tt0000001", "tt0000002"]}, schema=LINKS)
    figures = run(tmp_path, FILMS, links=links)
    assert figures["linked"] == 1
    assert figures["sources"][0]["matched"]["imdb_id"] == 1
    matches = rows(tmp_path / "matches.parquet")
    assert [(m["item_id"], m["method"], m["record_title"]) for m in matches] == [
        ("a", "imdb_id", "The Matrix"),
        # Its record is taken.
        ("b", "none", None),
        ("c", "none", None),
    ]


def test_the_table_of_doubtful_ones(tmp_path: Path) -> None:
    source = records(
        film("The Matrix", 2000, imdb_id="tt0000001"), film("Heat", 1986, imdb_id="tt0000003")
    )
    figures = run(tmp_path, source)
    assert figures["sources"][0]["doubtful"]["year_differs"] == 1
    table = pa.csv.read_csv(
        tmp_path / "doubtful.tsv", parse_options=pa.csv.ParseOptions(delimiter="\t")
    ).to_pylist()
    assert [
        (row["item_id"], row["taken"], row["reason"], row["record_imdb_id"], row["record_year"])
        for row in table
    ] == [
        ("a", False, "too_far", "tt0000003", 1986),
        ("b", True, "year_differs", "tt0000001", 2000),
    ]


def test_it_builds_an_artefact_and_leaves_nothing_half_written(tmp_path: Path) -> None:
    config = JoinConfig()

    def write(*sources: Records) -> Any:
        return lambda out: join(ITEMS, None, sources, config, out)

    built = build(tmp_path, "metadata", config, {}, ["schemas"], write(FILMS))
    assert set(built.manifest["files"]) == {
        "doubtful.tsv",
        "join.json",
        "matches.parquet",
        "metadata.parquet",
    }
    assert built.figures["items"] == 3
    with pytest.raises(ValueError, match=r"found in \['source'\], got no match for any of 3 items"):
        build(tmp_path, "metadata", config, {}, [], write(records(film("Other", 1900))))
    assert sorted(path.name for path in tmp_path.iterdir()) == [built.version, "latest"]


def test_what_is_missing_is_named(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="sources: expected at least one"):
        run(tmp_path)
    with pytest.raises(ValueError, match=r"items: expected a column 'title', got \['item_id'\]"):
        join(ITEMS.select(["item_id"]), None, [FILMS], JoinConfig(), tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_progress(tmp_path: Path) -> None:
    steps: list[tuple[str, int, int]] = []
    join(ITEMS, None, [FILMS], JoinConfig(), tmp_path, lambda *step: steps.append(step))
    assert steps[0] == ("films: titles", 0, 1)
    assert steps[-1] == ("films: details", 0, 1)
