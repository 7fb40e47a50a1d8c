"""IMDb's files, written here in their layout: gzip, tabs, quotes that mean nothing."""

from __future__ import annotations

import gzip
from pathlib import Path

import pyarrow as pa
import pytest

from pipeline.joining.imdb import BASICS, FILES, NAMES, PRINCIPALS, RATINGS, ImdbFiles
from pipeline.joining.records import DETAILS, TITLES
from pipeline.sources.files import SourceError

TABLES = {
    BASICS: [
        "tconst titleType primaryTitle originalTitle isAdult startYear endYear "
        "runtimeMinutes genres",
        r"tt0133093 movie The_Matrix The_Matrix 0 1999 \N 136 Action,Sci-Fi",
        r'tt0245429 movie "Spirited"_Away Sen_to_Chihiro 0 2001 \N \N \N',
        r"tt0000009 movie Miss_Jerry \N 0 \N \N 45 Romance",
        r"tt0944947 tvEpisode Winter Winter 0 2011 \N 62 Drama",
    ],
    RATINGS: [
        "tconst averageRating numVotes",
        "tt0944947 9.0 50000",
        "tt0133093 8.7 1900000",
    ],
    "title.crew.tsv.gz": [
        "tconst directors writers",
        r"tt0133093 nm0905154,nm0905152 nm0905152",
        r"tt0245429 \N nm1",
        r"tt0944947 nm2 \N",
    ],
    PRINCIPALS: [
        "tconst ordering nconst category job characters",
        r'tt0133093 10 nm0000401 actor \N ["Morpheus"]',
        r'tt0133093 2 nm0005251 actress \N ["Trinity"]',
        r"tt0133093 1 nm0905152 director \N \N",
        r"tt0133093 3 nm7777777 actor \N \N",
        r"tt0944947 1 nm2 actor \N \N",
    ],
    NAMES: [
        "nconst primaryName birthYear deathYear primaryProfession knownForTitles",
        r"nm0000401 Laurence_Fishburne 1961 \N actor tt0133093",
        r"nm0005251 Carrie-Anne_Moss 1967 \N actress tt0133093",
        r"nm0905152 Lilly_Wachowski 1967 \N director \N",
        r"nm0905154 Lana_Wachowski 1965 \N director \N",
        r"nm2 Nobody_Else \N \N \N \N",
    ],
}


def content(lines: list[str]) -> bytes:
    text = "\n".join(line.replace(" ", "\t").replace("_", " ") for line in lines) + "\n"
    return gzip.compress(text.encode())


@pytest.fixture
def imdb(tmp_path: Path) -> Path:
    for name, lines in TABLES.items():
        (tmp_path / name).write_bytes(content(lines))
    return tmp_path


def test_titles(imdb: Path) -> None:
    titles = ImdbFiles(imdb, ["movie"]).titles()
    assert titles.schema == TITLES
    assert titles.column("source_id").to_pylist() == ["tt0133093", "tt0245429", "tt0000009"]
    assert titles.column("imdb_id") == titles.column("source_id")
    assert titles.column("title")[1].as_py() == '"Spirited" Away'
    assert titles.column("alternative_titles").to_pylist() == [
        ["The Matrix"],
        ["Sen to Chihiro"],
        [],
    ]
    assert str(titles.column("year").to_pylist()) == "[1999.0, 2001.0, nan]"
    assert titles.column("genres").to_pylist() == [["Action", "Sci-Fi"], [], ["Romance"]]
    assert str(titles.column("imdb_votes").to_pylist()) == "[1900000.0, nan, nan]"


def test_kinds(imdb: Path) -> None:
    titles = ImdbFiles(imdb, ["tvEpisode"]).titles()
    assert titles.column("source_id").to_pylist() == ["tt0944947"]
    assert ImdbFiles(imdb, ["short"]).titles().num_rows == 0


def test_details_in_the_order_asked_for(imdb: Path) -> None:
    details = ImdbFiles(imdb, ["movie"]).details(pa.array(["tt0000009", "tt0133093", "tt0245429"]))
    assert details.schema == DETAILS
    assert details.column("directors").to_pylist() == [
        [],
        ["Lana Wachowski", "Lilly Wachowski"],
        [],
    ]
    # By number, 2 before 10, actors and actresses; the one without a name is left out.
    assert details.column("actors").to_pylist() == [
        [],
        ["Carrie-Anne Moss", "Laurence Fishburne"],
        [],
    ]
    assert str(details.column("runtime").to_pylist()) == "[45.0, 136.0, nan]"
    assert details.column("imdb_rating")[1].as_py() == pytest.approx(8.7)


def test_details_of_no_film(imdb: Path) -> None:
    assert ImdbFiles(imdb, ["movie"]).details(pa.array([], pa.string())).num_rows == 0


@pytest.mark.parametrize("name", FILES)
def test_a_missing_file(imdb: Path, name: str) -> None:
    (imdb / name).unlink()
    with pytest.raises(SourceError, match=f"{name}: expected a file, found none"):
        ImdbFiles(imdb, ["movie"])


def read(imdb: Path) -> None:
    ImdbFiles(imdb, ["movie"]).details(pa.array(["tt0133093"]))


@pytest.mark.parametrize("name", FILES)
def test_a_file_that_is_cut_off(imdb: Path, name: str) -> None:
    whole = (imdb / name).read_bytes()
    for length in (len(whole) - 4, len(whole) // 2, 5):
        (imdb / name).write_bytes(whole[:length])
        with pytest.raises(SourceError, match=f"{name}: expected a whole gzipped TSV file"):
            read(imdb)


@pytest.mark.parametrize(
    ("name", "replaced", "by", "message"),
    [
        (BASICS, "runtimeMinutes", "minutes", "runtimeMinutes"),
        (BASICS, "136", "long", "invalid value 'long'"),
        (RATINGS, "tt0133093 8.7 1900000", "tt0133093 8.7", "Expected 3 columns, got 2"),
        (NAMES, "primaryName", "name", "primaryName"),
        (PRINCIPALS, "actress", "actress x", "Expected 6 columns, got 7"),
    ],
)
def test_other_columns_and_values(
    imdb: Path, name: str, replaced: str, by: str, message: str
) -> None:
    (imdb / name).write_bytes(content([line.replace(replaced, by) for line in TABLES[name]]))
    with pytest.raises(SourceError, match=f"{name}: expected a whole gzipped.* got .*{message}"):
        read(imdb)


def test_no_gzip_and_no_text(imdb: Path) -> None:
    (imdb / NAMES).write_bytes(b"nconst\tprimaryName\n")
    with pytest.raises(SourceError, match="incorrect header check"):
        read(imdb)
    (imdb / NAMES).write_bytes(gzip.compress(b"nconst\tprimaryName\nnm0905152\t\xff\n"))
    with pytest.raises(SourceError, match=r"name\.basics\.tsv\.gz: .*invalid UTF8"):
        read(imdb)
    (imdb / NAMES).write_bytes(gzip.compress(b""))
    with pytest.raises(SourceError, match=r"name\.basics\.tsv\.gz: .*Empty CSV"):
        read(imdb)
