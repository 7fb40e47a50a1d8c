"""A data artefact of anybody's files: nothing copied, versioned by what they hold."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from pipeline.adopt import adopt
from pipeline.datasets import card_of
from pipeline.sources.files import SourceError

CARD = """
name = "clicks"
[events]
files = "day-*.csv"
format = "csv"
user_id = "user"
item_id = "item"
"""


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A directory with two files, and beside it a card."""
    (tmp_path / "data").mkdir()
    (tmp_path / "card.toml").write_text(CARD)
    for day in (1, 2):
        (tmp_path / "data" / f"day-{day}.csv").write_text(f"user,item\n{day},a\n")
    return tmp_path / "data"


def test_an_artefact_that_leaves_no_trace(data: Path) -> None:
    (data / "README").write_text("not named by the card")
    before = sorted(data.parent.rglob("*"))
    found = adopt(data.parent / "card.toml", data)
    assert sorted(data.parent.rglob("*")) == before
    assert found.path == data
    assert list(found.manifest["files"]) == ["day-1.csv", "day-2.csv"]
    assert found.figures == {
        "dataset": "clicks",
        "source": f"clicks from {data} as card.toml describes it",
        "card": str(data.parent / "card.toml"),
        "files": 2,
        "bytes": 28,
    }
    assert card_of(found).events.user_id == "user"


def test_paths_are_relative_to_the_card_unless_told_otherwise(data: Path) -> None:
    (data / "card.toml").write_text(CARD)
    assert adopt(data / "card.toml").version == adopt(data.parent / "card.toml", data).version


def test_the_version_is_the_content_of_files_and_card(data: Path) -> None:
    card = data.parent / "card.toml"
    first = adopt(card, data).version
    os.utime(data / "day-1.csv", (0, 0))
    (data / "README").write_text("")
    card.write_text(f"# a comment\n{CARD}")
    assert adopt(card, data).version == first
    (data / "day-1.csv").write_text("user,item\n1,b\n")
    second = adopt(card, data).version
    card.write_text(CARD.replace('"item"', '"user"'))
    assert len({first, second, adopt(card, data).version}) == 3


def test_a_file_that_is_not_there(data: Path) -> None:
    with pytest.raises(SourceError, match=r"day-\*\.csv: expected files that match, found none"):
        adopt(data.parent / "card.toml")
