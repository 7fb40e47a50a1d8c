"""Titles, years and genres of every MovieLens release, and what is turned away."""

from __future__ import annotations

import math
from pathlib import Path

import pytest

from pipeline.sources.files import SourceError
from pipeline.sources.items import read_items
from pipeline.sources.users import read_users
from schemas.cards import CARDS, Card, load_card

HEADER = "item_id:token\tmovie_title:token_seq\trelease_year:token\tclass:token_seq\n"
VIDEO = "Land Before Time III: The Time of the Great Giving"


ML_100K, ML_100K_TSV, ML_1M, ML_10M, CSV = (
    load_card(CARDS / f"{name}.toml")
    for name in ("ml-100k", "ml-100k-tsv", "ml-1m", "ml-10m", "ml-csv")
)


def rows(directory: Path, card: Card) -> dict[str, tuple[str, float | None, list[str]]]:
    items = read_items(directory, card)
    assert items is not None
    found = items.to_pylist()
    return {
        row["item_id"]: (
            row["title"],
            None if math.isnan(row["year"]) else row["year"],
            row["genres"],
        )
        for row in found
    }


def test_tsv_release(tmp_path: Path) -> None:
    (tmp_path / "ml-100k.item").write_text(
        HEADER
        + "1\tToy Story\t1995\tAnimation Children's Comedy\n"
        + "267\tunkonwn\tunkonwn\tunknown\n"
        + f"1412\t{VIDEO} (1995)\tV\tAnimation Children's\n"
        + "2\tAlien\t1979\tSci-Fi Film-Noir\n"
    )
    assert rows(tmp_path, ML_100K_TSV) == {
        "1": ("Toy Story", 1995.0, ["Animation", "Children's", "Comedy"]),
        "1412": (VIDEO, 1995.0, ["Animation", "Children's"]),
        "2": ("Alien", 1979.0, ["Sci-Fi", "Film-Noir"]),
        "267": ("", None, []),
    }


def test_official_release_in_latin_1(tmp_path: Path) -> None:
    def line(number: int, title: str, *flags: int) -> str:
        marks = ["1" if n in flags else "0" for n in range(19)]
        return "|".join([str(number), title, "", "", "", *marks])

    lines = [
        line(9, "Misérables, Les (1995)", 1, 8),
        line(267, "unknown", 0),
        line(4, "No year", 18),
    ]
    lines.append(line(1412, f"{VIDEO} (1995) (V)"))
    (tmp_path / "u.item").write_text("\n".join(lines) + "\n", encoding="latin-1")
    assert rows(tmp_path, ML_100K) == {
        "1412": (VIDEO, 1995.0, []),
        "267": ("", None, []),
        "4": ("No year", None, ["Western"]),
        "9": ("Misérables, Les", 1995.0, ["Action", "Drama"]),
    }


@pytest.mark.parametrize(("card", "encoding"), [(ML_1M, "latin-1"), (ML_10M, "utf-8")])
def test_dat_releases(tmp_path: Path, card: Card, encoding: str) -> None:
    text = '1::Été: "L\'" (1999)::Drama|Sci-Fi\n2::Who|What (2001)::Action\n'
    (tmp_path / "movies.dat").write_text(text, encoding=encoding)
    assert rows(tmp_path, card) == {
        "1": ('Été: "L\'"', 1999.0, ["Drama", "Sci-Fi"]),
        "2": ("Who|What", 2001.0, ["Action"]),
    }


def test_csv_release(tmp_path: Path) -> None:
    (tmp_path / "movies.csv").write_text(
        "movieId,title,genres\n"
        '11,"American President, The (1995)",Comedy|Drama\n'
        '12,"Say ""hi"" (2006\u20132007)",(no genres listed)\n'
        "13,Babylon 5,Sci-Fi\n"
        "14,On air (2019- ) ,Drama\n"
    )
    assert rows(tmp_path, CSV) == {
        "11": ("American President, The", 1995.0, ["Comedy", "Drama"]),
        "12": ('Say "hi"', 2006.0, []),
        "13": ("Babylon 5", None, ["Sci-Fi"]),
        "14": ("On air", 2019.0, ["Drama"]),
    }


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        (
            "1,A (1990),Drama\n1,B (1990),Drama\n",
            r"movies\.csv: movieId: expected each id once, got '1' 2 times",
        ),
        ("1,A (1990),Drama\n,B (1990),Drama\n", r"movieId: expected an id, got none in data row 2"),
        ("1,A (1990)\n", r"movies\.csv: expected 3 values a line"),
    ],
)
def test_broken_catalogue(tmp_path: Path, lines: str, message: str) -> None:
    (tmp_path / "movies.csv").write_text("movieId,title,genres\n" + lines)
    with pytest.raises(SourceError, match=message):
        read_items(tmp_path, CSV)


def test_wrong_encoding(tmp_path: Path) -> None:
    (tmp_path / "movies.dat").write_text("1::Été (1999)::Drama\n", encoding="latin-1")
    with pytest.raises(SourceError, match=r"movies\.dat: expected utf-8 text"):
        read_items(tmp_path, ML_10M)


def test_users_of_two_releases(tmp_path: Path) -> None:
    (tmp_path / "u.user").write_text("1|24|M|technician|85711\n2||F||00000\n")
    (tmp_path / "users.dat").write_text("1::M::25::17::85711\n2::F::::::00000\n")
    official, dat = (read_users(tmp_path, card) for card in (ML_100K, ML_1M))
    assert dat.to_pylist() == [
        {"user_id": "1", "gender": "M", "age": "25-34", "occupation": "technician/engineer"},
        {"user_id": "2", "gender": "F", "age": "", "occupation": ""},
    ]
    first, second = official.to_pylist()
    assert first == {"user_id": "1", "gender": "M", "age": 24.0, "occupation": "technician"}
    assert math.isnan(second["age"]) and second["occupation"] == ""


def test_a_release_without_people(tmp_path: Path) -> None:
    assert read_users(tmp_path, CSV).to_pylist() == []


def test_age_that_is_no_number(tmp_path: Path) -> None:
    (tmp_path / "u.user").write_text("1|old|M|technician|85711\n")
    with pytest.raises(SourceError, match=r"u\.user: age: expected numbers"):
        read_users(tmp_path, ML_100K)
