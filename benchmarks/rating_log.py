"""A generated rating log with the long tails of MovieLens, as the files of a CSV release."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv

RATINGS_PER_USER = 154
"""As ml-25m: 25 000 095 ratings by 162 541 people of 59 047 films."""
ITEMS_FACTOR, ITEMS_EXPONENT = 0.39, 0.7
"""Films that have ever been rated: 59 000 of 25M ratings, 6 200 of 1M."""
LEAST_PER_USER = 20
ACTIVITY_SIGMA = 1.3
"""Of the logarithm of a person's ratings above the least; the median is near 75."""
POPULARITY_SIGMA = 2.8
"""Of the logarithm of an item's weight; the most popular hundredth has a quarter of the ratings."""
LARGEST_SHARE = 0.3
"""Of the catalogue that one person has rated."""
ROUNDS = 12
"""Of draws: who has rated all that is popular would go on for long."""
START, SPAN_SECONDS = 820_454_400, 25 * 365 * 86_400
SESSION_RATINGS = 30
SECONDS_BETWEEN = 4
"""Mean seconds from a rating to the next of a session; a third share their second with one."""
REPEATED, BROKEN = 0.002, 0.002
"""Share of lines that give a pair once more, and whose rating is no number or none of the scale."""
BROKEN_RATINGS = ("", "none", "7.5", "nan")
GENRES = ("Action", "Children", "Comedy", "Drama", "Film-Noir", "Horror", "Sci-Fi", "Western")
TAGGED = 0.044
"""Share of ratings with a tag beside: 1 093 360 in ml-25m, of about as many words as films."""
USERS_PER_BLOCK, LINES_PER_BLOCK = 2_000, 1_000_000


@dataclass(frozen=True)
class Log:
    """Rows without their text, 13 bytes each.

    Attributes:
        user: int32 `[rows]`, from 1.
        item: int32 `[rows]`, from 1; 1 is the most popular.
        halves: int8 `[rows]`, half stars 1 to 10; 0 and below for `BROKEN_RATINGS`.
        time: int32 `[rows]`, unix seconds.
    """

    user: np.ndarray
    item: np.ndarray
    halves: np.ndarray
    time: np.ndarray


def write_release(directory: Path, ratings: int, seed: int, items: int | None = None) -> int:
    """Writes `ratings.csv`, in order of time, `movies.csv` and `tags.csv`.

    Args:
        directory: Takes the files.
        ratings: About how many lines, a few percent more or less.
        seed: Seed of everything drawn.
        items: Of the catalogue; None: as many as a MovieLens of this many ratings has.

    Returns:
        The lines of `ratings.csv`, without the header.
    """
    random = np.random.default_rng(seed)
    items = items or round(ITEMS_FACTOR * ratings**ITEMS_EXPONENT)
    log = _drawn(random, ratings, items)
    _write_ratings(directory / "ratings.csv", log, np.argsort(log.time, kind="stable"))
    _write_movies(directory / "movies.csv", random, items)
    _write_tags(directory / "tags.csv", random, log, items)
    return len(log.time)


def _drawn(random: np.random.Generator, ratings: int, items: int) -> Log:
    """The log, sorted by user."""
    activity = random.lognormal(0.0, ACTIVITY_SIGMA, 2 * ratings // RATINGS_PER_USER + 1)
    activity *= (RATINGS_PER_USER - LEAST_PER_USER) / activity.mean()
    count = np.minimum(LEAST_PER_USER + activity.astype(np.int64), int(LARGEST_SHARE * items) + 1)
    users = 1 + int(np.searchsorted(np.cumsum(count), ratings))
    weight = np.sort(random.lognormal(0.0, POPULARITY_SIGMA, items))[::-1]
    cumulative = np.cumsum(weight) / weight.sum()
    blocks = []
    for first in range(0, users, USERS_PER_BLOCK):
        some = np.arange(first, min(first + USERS_PER_BLOCK, users))
        blocks.append(_block(random, some + 1, count[some], cumulative))
    return Log(*(np.concatenate(parts) for parts in zip(*blocks, strict=True)))


def _block(
    random: np.random.Generator, users: np.ndarray, count: np.ndarray, cumulative: np.ndarray
) -> tuple[np.ndarray, ...]:
    """Rows of some users, who rate an item once but for `REPEATED`."""
    items = len(cumulative)
    pairs = np.empty(0, np.int64)
    for _ in range(ROUNDS):
        missing = count - np.bincount(pairs // items, minlength=len(users))
        wanted = np.repeat(np.arange(len(users)), missing)
        drawn = np.minimum(np.searchsorted(cumulative, random.random(len(wanted))), items - 1)
        pairs = np.sort(np.concatenate([pairs, wanted * items + drawn]))
        pairs = pairs[np.diff(pairs, prepend=-1) > 0]
    again = pairs[random.random(len(pairs)) < REPEATED]
    pairs = np.sort(np.concatenate([pairs, again]))
    row, item = np.divmod(pairs, items)
    halves = np.clip(np.round(random.normal(7.1, 2.1, len(row))), 1, 10)
    broken = random.random(len(row)) < BROKEN
    halves[broken] = -random.integers(len(BROKEN_RATINGS), size=int(broken.sum()))
    time = _times(random, row, len(users))
    return (
        users[row].astype(np.int32),
        (item + 1).astype(np.int32),
        halves.astype(np.int8),
        time.astype(np.int32),
    )


def _times(random: np.random.Generator, row: np.ndarray, users: int) -> np.ndarray:
    """Seconds of the rows of each user: sessions of some ratings, days to years apart."""
    number = random.permutation(len(row))  # of the session's rows
    session = number % (1 + np.bincount(row, minlength=users) // SESSION_RATINGS)[row]
    joined = random.random(users) * SPAN_SECONDS * 0.8
    day = np.floor(session * 86_400 * random.exponential(20, users)[row]) % (SPAN_SECONDS * 0.2)
    second = random.integers(0, SESSION_RATINGS * SECONDS_BETWEEN, len(row))
    return START + joined[row] + day + second


def _write_ratings(path: Path, log: Log, order: np.ndarray) -> None:
    scale = pa.array([f"{half / 2:.1f}" for half in range(1, 11)])
    texts = pa.concat_arrays([pa.array(BROKEN_RATINGS[::-1]), scale])
    schema = pa.schema(
        {
            "userId": pa.int32(),
            "movieId": pa.int32(),
            "rating": pa.string(),
            "timestamp": pa.int32(),
        }
    )
    # Quotes would be around the broken ratings alone.
    options = pa.csv.WriteOptions(quoting_style="none")
    with pa.csv.CSVWriter(str(path), schema, write_options=options) as writer:
        for start in range(0, len(order), LINES_PER_BLOCK):
            at = order[start : start + LINES_PER_BLOCK]
            rating = texts.take(pa.array(log.halves[at].astype(np.int64) + len(BROKEN_RATINGS) - 1))
            columns = [log.user[at], log.item[at], rating, log.time[at]]
            writer.write_batch(pa.record_batch([pa.array(c) for c in columns], schema=schema))


def _write_movies(path: Path, random: np.random.Generator, items: int) -> None:
    number = pa.array(np.arange(1, items + 1)).cast(pa.string())
    year = pa.array(random.integers(1920, 2020, items)).cast(pa.string())
    first, second = (
        pa.array(GENRES).take(pa.array(random.integers(len(GENRES), size=items))) for _ in range(2)
    )
    title = pc.binary_join_element_wise("Film ", number, " (", year, ")", "")
    movies = {
        "movieId": number,
        "title": title,
        "genres": pc.binary_join_element_wise(first, second, "|"),
    }
    pa.csv.write_csv(pa.table(movies), str(path))


def _write_tags(path: Path, random: np.random.Generator, log: Log, words: int) -> None:
    """The share of a word falls with its rank (Zipf's law)."""
    at = np.sort(random.choice(len(log.time), round(TAGGED * len(log.time)), replace=False))
    cumulative = np.cumsum(1 / np.arange(1, words + 1))
    word = np.searchsorted(cumulative, random.random(len(at)) * cumulative[-1])
    tags = {
        "userId": log.user[at],
        "movieId": log.item[at],
        "tag": pc.binary_join_element_wise("word ", pa.array(word).cast(pa.string()), ""),
        "timestamp": log.time[at],
    }
    pa.csv.write_csv(pa.table(tags), str(path))
