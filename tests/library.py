"""A small data set of another domain with a planted signal: who borrowed which book, and when.

Nothing of MovieLens is in it: ids are text, nobody rates, nothing is known of people, books have no
title. People read a series in order, so the next book follows from the last.
"""

from __future__ import annotations

import datetime
import gzip
import json
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

CARD = """
name = "library"

[events]
files = "loans-*.jsonl.gz"
format = "jsonl"
user_id = "reader"
item_id = "shelfmark"
timestamp = "lent"
timestamp_unit = "iso8601"

[items]
files = "books.parquet"
format = "parquet"
item_id = "shelfmark"

[item_features]
subjects = { kind = "multi_categorical", min_count = 2 }
blurb = { kind = "text", ngrams = 2, max_tokens = 8 }
pages = { kind = "numeric", scaling = "z_score" }
bought = "timestamp"
publisher = { kind = "categorical", column = "imprint", missing = ["n/a"] }
"""
SUBJECTS = ("sea", "murder", "love", "space")
BOOKS_PER_SERIES = 8
START = datetime.datetime(2024, 1, 1, tzinfo=datetime.UTC)


def shelfmark(book: int) -> str:
    """The id of a book."""
    return f"{'ÄÖÜ'[book % 3]}-{book // BOOKS_PER_SERIES}/{book % BOOKS_PER_SERIES + 1}"


def write_library(directory: Path, readers: int = 120, series: int = 10, seed: int = 1) -> Path:
    """Writes two files of loans, the books, and the card; returns the card's path.

    Args:
        directory: Created if need be.
        readers: People; each borrows from 8 to 24 books.
        series: Series of 8 books.
        seed: Seed of everything drawn.
    """
    directory.mkdir(parents=True, exist_ok=True)
    random = np.random.default_rng(seed)
    loans = [loan for reader in range(readers) for loan in _loans(random, f"R{reader:03}", series)]
    for number in range(2):
        lines = "".join(json.dumps(loan, ensure_ascii=False) + "\n" for loan in loans[number::2])
        (directory / f"loans-{number}.jsonl.gz").write_bytes(gzip.compress(lines.encode()))
    books = [_book(random, book) for book in range(series * BOOKS_PER_SERIES)]
    pq.write_table(pa.Table.from_pylist(books), directory / "books.parquet")
    (directory / "card.toml").write_text(CARD)
    return directory / "card.toml"


def _loans(random: np.random.Generator, reader: str, series: int) -> list[dict[str, object]]:
    """Up to three series, each from its beginning on."""
    loans = []
    moment = START + datetime.timedelta(hours=int(random.integers(5_000)))
    for number in random.choice(series, 3, replace=False):
        for part in range(int(random.integers(3, BOOKS_PER_SERIES + 1))):
            moment += datetime.timedelta(hours=int(random.integers(1, 400)))
            book = shelfmark(int(number) * BOOKS_PER_SERIES + part)
            loans.append({"reader": reader, "shelfmark": book, "lent": moment.isoformat()})
    return loans


def _book(random: np.random.Generator, book: int) -> dict[str, object]:
    number = book // BOOKS_PER_SERIES
    subject = SUBJECTS[number % len(SUBJECTS)]
    return {
        "shelfmark": shelfmark(book),
        "subjects": [subject, "novel", f"only {book}"],
        "blurb": f"The {subject} of captain {number}: part {book % BOOKS_PER_SERIES + 1}",
        "pages": int(random.integers(90, 900)) if book % 5 else None,
        "bought": START + datetime.timedelta(days=book),
        "imprint": "n/a" if book % 7 == 0 else f"House {number % 3}",
    }
