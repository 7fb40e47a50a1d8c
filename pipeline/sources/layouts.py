"""The file layouts that releases come in, and the dataset card that goes with each."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from schemas.cards import CARDS
from schemas.columns import ITEM_ID, RATING, TIMESTAMP, USER_ID

PEOPLE = CARDS / "movielens-people.toml"
HALF_STARS = CARDS / "movielens-halfstars.toml"


class SourceError(ValueError):
    """A source file is not what its layout says; the message names file, expected and found."""


@dataclass(frozen=True)
class TableFormat:
    """How one file is written.

    Attributes:
        file: Name below the data directory.
        columns: Our name of each column, in file order.
        separator: What stands between two values; may be longer than one character.
        header: The expected first line, or None if the file starts with data.
        encoding: Text encoding.
        quoted: Whether values may stand in double quotes.
    """

    file: str
    columns: tuple[str, ...]
    separator: str = "\t"
    header: str | None = None
    encoding: str = "utf-8"
    quoted: bool = False


@dataclass(frozen=True)
class Layout:
    """The files of a release.

    Attributes:
        name: As in the data artefact's figures.
        card: TOML file of the dataset card.
        events: The ratings.
        items: The catalogue.
        users: The people, or None if the release says nothing of them.
        genre_names: File with one genre flag name a line, or None if genres are written out.
        genre_separator: Between the genres of one item, where they are written out.
    """

    name: str
    card: Path
    events: TableFormat
    items: TableFormat
    users: TableFormat | None
    genre_names: str | None = None
    genre_separator: str = "|"


EVENT_COLUMNS = (USER_ID, ITEM_ID, RATING, TIMESTAMP)
GENRE_FLAGS = tuple(f"flag_{i}" for i in range(19))

ML_100K = Layout(
    name="ml-100k",
    card=PEOPLE,
    events=TableFormat("u.data", EVENT_COLUMNS),
    items=TableFormat(
        "u.item",
        (ITEM_ID, "title", "release_date", "video_release_date", "url", *GENRE_FLAGS),
        separator="|",
        encoding="latin-1",
    ),
    users=TableFormat("u.user", (USER_ID, "age", "gender", "occupation", "zip"), separator="|"),
    genre_names="u.genre",
)

ML_100K_TSV = Layout(
    name="ml-100k-tsv",
    card=PEOPLE,
    events=TableFormat(
        "ml-100k.inter",
        EVENT_COLUMNS,
        header="user_id:token\titem_id:token\trating:float\ttimestamp:float",
    ),
    items=TableFormat(
        "ml-100k.item",
        (ITEM_ID, "title", "year", "genres"),
        header="item_id:token\tmovie_title:token_seq\trelease_year:token\tclass:token_seq",
    ),
    users=TableFormat(
        "ml-100k.user",
        (USER_ID, "age", "gender", "occupation", "zip"),
        header="user_id:token\tage:token\tgender:token\toccupation:token\tzip_code:token",
    ),
    genre_separator=" ",
)

ML_1M = Layout(
    name="ml-1m",
    card=PEOPLE,
    events=TableFormat("ratings.dat", EVENT_COLUMNS, separator="::"),
    items=TableFormat(
        "movies.dat", (ITEM_ID, "title", "genres"), separator="::", encoding="latin-1"
    ),
    users=TableFormat("users.dat", (USER_ID, "gender", "age", "occupation", "zip"), separator="::"),
)

ML_10M = Layout(
    name="ml-10m",
    card=HALF_STARS,
    events=TableFormat("ratings.dat", EVENT_COLUMNS, separator="::"),
    items=TableFormat("movies.dat", (ITEM_ID, "title", "genres"), separator="::"),
    users=None,
)

CSV = Layout(
    name="csv",
    card=HALF_STARS,
    events=TableFormat(
        "ratings.csv", EVENT_COLUMNS, separator=",", header="userId,movieId,rating,timestamp"
    ),
    items=TableFormat(
        "movies.csv",
        (ITEM_ID, "title", "genres"),
        separator=",",
        header="movieId,title,genres",
        quoted=True,
    ),
    users=None,
)

LAYOUTS = {layout.name: layout for layout in (ML_100K, ML_100K_TSV, ML_1M, ML_10M, CSV)}


def layout_named(name: str) -> Layout:
    """The layout of that name.

    Raises:
        SourceError: There is none; the message lists those known.
    """
    if name not in LAYOUTS:
        raise SourceError(f"layout: expected one of {sorted(LAYOUTS)}, got {name!r}")
    return LAYOUTS[name]
