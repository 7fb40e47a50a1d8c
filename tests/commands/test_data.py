"""Join, prepare with its metadata, and describe, as the command line runs them."""

from __future__ import annotations

import json
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from typer.testing import CliRunner, Result

from commands.data import open_data
from matinee import app
from schemas.artifacts import Artifact, open_artifact
from tests.planted import write_planted


def run(*arguments: str | Path) -> Result:
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


@pytest.fixture
def descriptions(prepared: Artifact, tmp_path: Path) -> Path:
    """Two directors for all films with a year."""
    films = pq.read_table(prepared.path / "catalogue.parquet").to_pylist()
    path = tmp_path / "films.jsonl"
    lines = [
        {"title": film["title"], "year": film["year"], "directors": [f"Director {number % 2}"]}
        for number, film in enumerate(films)
        if film["year"] == film["year"]
    ]
    path.write_text("".join(json.dumps(line) + "\n" for line in lines))
    return path


@pytest.mark.slow
def test_metadata_becomes_features(
    planted: Artifact, prepared: Artifact, descriptions: Path, tmp_path: Path
):
    of_run = ["--run", tmp_path / "run"]
    of_data = ["--data", planted.path.parent, "--dataset", planted.path.name]
    joined = run("join", *of_data, *of_run, "--no-film-metadata", "--descriptions", descriptions)
    assert joined.exit_code == 0, joined.output
    # 150 films, one of them without a year.
    assert open_artifact(tmp_path / "run" / "metadata").figures["filled"]["directors"] >= 149
    assert "149 exact" in joined.output

    done = run("prepare", *of_data, *of_run, "--metadata")
    assert done.exit_code == 0, done.output
    with_directors = open_artifact(tmp_path / "run" / "prepared")
    # Padding, two directors, one bucket for others.
    assert with_directors.figures["sizes"]["directors"] == 4
    assert "directors" not in prepared.figures["sizes"]
    again = run("prepare", *of_data, *of_run, "--metadata")
    assert "unchanged, skipped" in again.output
    for shown in (done.output, again.output):  # the day of second 874 000 000
        assert "rows read, 0 rejected, 120 users, 150 items, 1997-09-11 to 19" in shown

    described = run("describe", *of_run)
    assert described.exit_code == 0, described.output
    page = open_artifact(tmp_path / "run" / "describe").path / "report.html"
    assert "directors" in page.read_text()


def test_metadata_of_other_data_is_refused(planted: Artifact, descriptions: Path, tmp_path: Path):
    of_run = ["--run", tmp_path / "run"]
    of_data = ["--data", planted.path.parent, "--dataset", planted.path.name]
    run("join", *of_data, *of_run, "--no-film-metadata", "--descriptions", descriptions)
    other = write_planted(tmp_path / "data" / "planted", seed=2)  # films of the same names
    of_other = ["--data", other.path.parent, "--dataset", other.path.name]
    done = run("prepare", *of_other, *of_run, "--metadata")
    assert done.exit_code != 0
    assert "expected metadata built from data" in str(done.exception)


@pytest.mark.parametrize(
    ("dataset", "message"),
    [
        ("ml-100k", "ml-100k: expected a fetched dataset, found none; run matinee fetch ml-100k"),
        ("ml-99", r"dataset: expected one of \['ml-100k', .*, got 'ml-99'"),
    ],
)
def test_data_that_is_not_there(tmp_path: Path, dataset: str, message: str):
    with pytest.raises((FileNotFoundError, ValueError), match=message):
        open_data(dataset, tmp_path, None, None)


def test_fetched_data_that_was_edited_is_refused(tmp_path: Path):
    data = write_planted(tmp_path / "data" / "planted")
    with (data.path / "u.data").open("a") as file:
        file.write("1\t2\t3\t4\n")
    done = run("prepare", "--data", data.path.parent, "--dataset", "planted", "--run", tmp_path)
    assert done.exit_code != 0
    assert "u.data: expected sha256" in str(done.exception)


def test_a_schema_of_ones_own_is_enforced(planted: Artifact, tmp_path: Path):
    schema = tmp_path / "strict.pbtxt"
    of_data = ["--data", planted.path.parent, "--dataset", planted.path.name, "--run", tmp_path]
    assert run("prepare", *of_data, "--infer-schema", schema).exit_code == 0
    text = schema.read_text()
    assert "1995" not in text
    schema.write_text(text.replace('name: "rating"', 'name: "stars"'))
    done = run("prepare", *of_data, "--schema", schema)
    assert done.exit_code != 0
    assert "stars" in str(done.exception)


def test_join_without_any_source(planted: Artifact, tmp_path: Path):
    result = run(
        *("join", "--data", planted.path.parent, "--dataset", planted.path.name),
        *("--run", tmp_path, "--no-film-metadata"),
    )
    assert result.exit_code != 0
    assert "expected at least one source of metadata" in str(result.exception)
