"""The part of a dataset card that says in which files the rows are and what their columns mean."""

from __future__ import annotations

import codecs
from dataclasses import dataclass
from enum import StrEnum
from pathlib import PurePosixPath

from schemas.columns import ITEM_ID, RATING, TIMESTAMP, USER_ID


class FileFormat(StrEnum):
    """How a file is written; each but Parquet may also be gzipped, with a name ending in `.gz`."""

    CSV = "csv"
    """A line a row, values divided by `separator`."""
    JSONL = "jsonl"
    """A line a row, each a JSON object in UTF-8."""
    PARQUET = "parquet"


class TimeUnit(StrEnum):
    """What a time is counted in, from 1970 on, UTC."""

    SECONDS = "s"
    MILLISECONDS = "ms"
    MICROSECONDS = "us"
    ISO8601 = "iso8601"
    """Text such as "2003-02-28T23:15:04+01:00"; UTC where it names no zone."""


@dataclass(frozen=True, kw_only=True)
class Table:
    """Files of the same columns.

    Attributes:
        files: Paths below the data directory, or patterns such as `part-*.csv.gz`, which stand for
            the files that match in the order of their names.
        format: How they are written.
        separator: Of CSV: what stands between two values; may be longer than one character.
        columns: Of CSV: the columns in order, where the files have no header line.
        quoted: Of CSV: whether a value may stand in double quotes.
        encoding: Of CSV: text encoding.
    """

    files: tuple[str, ...]
    format: FileFormat
    separator: str = ","
    columns: tuple[str, ...] = ()
    quoted: bool = True
    encoding: str = "utf-8"

    def __post_init__(self) -> None:
        if not self.files:
            raise ValueError("files: expected at least one, got none")
        for file in self.files:
            path = PurePosixPath(file)
            if not path.name or path.is_absolute() or ".." in path.parts:
                raise ValueError(f"files: expected paths below the data directory, got {file!r}")
        if self.format is not FileFormat.CSV:
            self._refuse_csv_options()
        if not self.separator or set(self.separator) & set('"\r\n'):
            raise ValueError(
                f"separator: expected no quote and no line end, got {self.separator!r}"
            )
        if self.quoted and len(self.separator.encode()) > 1:
            raise ValueError(f"quoted: expected false, for the separator is {self.separator!r}")
        if len(set(self.columns)) < len(self.columns):
            raise ValueError(f"columns: expected each name once, got {list(self.columns)}")
        _check_encoding(self.encoding)

    @property
    def ids(self) -> dict[str, str]:
        """Our name of each id column to theirs."""
        raise NotImplementedError

    def _refuse_csv_options(self) -> None:
        for name in ("separator", "columns", "quoted", "encoding"):
            if getattr(self, name) != getattr(Table, name):
                raise ValueError(f"{name}: expected none, for the format is {self.format}")


@dataclass(frozen=True, kw_only=True)
class EventTable(Table):
    """The interactions, a row each.

    Attributes:
        user_id: Column of the user's id.
        item_id: Column of the item's id.
        rating: Column of the rating; "" for implicit data, where every rating is NaN.
        timestamp: Column of the time; "" where there is none: the order of the files is the order
            in time, and every timestamp is 0.
        timestamp_unit: What the time is counted in.
    """

    user_id: str
    item_id: str
    rating: str = ""
    timestamp: str = ""
    timestamp_unit: TimeUnit = TimeUnit.SECONDS

    @property
    def ids(self) -> dict[str, str]:
        """See `Table`."""
        return {USER_ID: self.user_id, ITEM_ID: self.item_id}

    @property
    def mapping(self) -> dict[str, str]:
        """Our name of each column to theirs."""
        given = {RATING: self.rating, TIMESTAMP: self.timestamp}
        return self.ids | {ours: theirs for ours, theirs in given.items() if theirs}


@dataclass(frozen=True, kw_only=True)
class ItemTable(Table):
    """The catalogue, a row for each item.

    Attributes:
        item_id: Column of the id.
    """

    item_id: str

    @property
    def ids(self) -> dict[str, str]:
        """See `Table`."""
        return {ITEM_ID: self.item_id}


@dataclass(frozen=True, kw_only=True)
class UserTable(Table):
    """The people, a row each.

    Attributes:
        user_id: Column of the id.
    """

    user_id: str

    @property
    def ids(self) -> dict[str, str]:
        """See `Table`."""
        return {USER_ID: self.user_id}


@dataclass(frozen=True, kw_only=True)
class TagTable(Table):
    """What people said of items, a row for each tag.

    Attributes:
        user_id: Column of the id of who said it.
        item_id: Column of the item's id.
        tag: Column of the tag.
        timestamp: Column of the time; "" where there is none, which a split by global time refuses.
        timestamp_unit: What the time is counted in.
        min_count: On how many items a tag must be before the vocabulary takes it.
        max_tags: Tags of one item at most, those that most people gave it.
    """

    user_id: str
    item_id: str
    tag: str
    timestamp: str = ""
    timestamp_unit: TimeUnit = TimeUnit.SECONDS
    min_count: int = 2
    max_tags: int = 10

    def __post_init__(self) -> None:
        super().__post_init__()
        for option in ("min_count", "max_tags"):
            if getattr(self, option) < 1:
                raise ValueError(f"{option}: expected at least 1, got {getattr(self, option)}")

    @property
    def ids(self) -> dict[str, str]:
        """See `Table`."""
        return {USER_ID: self.user_id, ITEM_ID: self.item_id}


def _check_encoding(encoding: str) -> None:
    """Files are cut at line feeds before they are decoded, so ASCII has to stand for itself."""
    try:
        codecs.lookup(encoding)
        keeps_ascii = "a\n".encode(encoding) == b"a\n"
    except (LookupError, UnicodeError):
        keeps_ascii = False
    if not keeps_ascii:
        raise ValueError(
            f"encoding: expected a text encoding in which ASCII is ASCII, such as 'latin-1', "
            f"got {encoding!r}"
        )
