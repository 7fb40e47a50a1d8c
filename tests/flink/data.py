"""Films and ratings with many ties in time, repeats and broken lines, in no order at all.

What is hard for an engine is in it: most events share their second with others of the same user,
the lines of a user lie far apart (with 24 bytes a line, in several of the blocks that are read
apart), and so only the source ordinal says which of them came first.
"""

from __future__ import annotations

import zipfile
from pathlib import Path

import numpy as np

GENRES = ("Action", "Children's", "Comedy", "Drama", "Film-Noir", "Horror", "Sci-Fi", "Western")
WORDS = ("a", "train", "leaves", "the", "city", "at", "night", "and", "nobody", "returns")
RICH_CARD = """
name = "rich"
[events]
files = "ratings.dat"
format = "csv"
separator = "::"
quoted = false
columns = ["user", "film", "rating", "time"]
user_id = "user"
item_id = "film"
rating = "rating"
timestamp = "time"
[rating]
min = 1
max = 5
[items]
files = "films.dat"
format = "csv"
separator = "::"
quoted = false
columns = ["film", "title", "genres", "cast", "plot"]
item_id = "film"
[users]
files = "users.dat"
format = "csv"
separator = "::"
quoted = false
columns = ["user", "gender", "age", "occupation", "zip"]
user_id = "user"
[user_features]
gender = "categorical"
age = "numeric"
occupation = { kind = "categorical", mapping = "occupations" }
[item_features]
genres = "multi_categorical"
cast = { kind = "multi_categorical", min_count = 2 }
plot = { kind = "text", ngrams = 2 }
year = { kind = "numeric", column = "title", pattern = '\\((\\d{4})\\)$', scaling = "z_score" }
"""
"""Every kind of analysis that preparation makes."""
SECONDS_PER_USER = 5
"""Distinct times of one user, however many events."""
START = 956_700_000
REPEATED, BROKEN = 0.003, 0.003
"""Share of lines that come twice, with another rating, and that hold no rating."""


def write_archive(path: Path, users: int, items: int, events: int, seed: int) -> None:
    """Writes a zip archive as `pipeline.fetch.fetch("ml-1m", ..., archive=path)` takes it.

    Args:
        path: The archive; its folder exists.
        users: People, numbered from 1.
        items: Films, numbered from 1; the first are by far the most watched.
        events: Lines of ratings.dat before the repeated ones; at most a third of all pairs.
        seed: Seed of everything drawn.
    """
    random = np.random.default_rng(seed)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        archive.writestr("ml-1m/ratings.dat", _ratings(random, users, items, events))
        archive.writestr("ml-1m/movies.dat", _movies(random, items).encode("latin-1"))
        archive.writestr("ml-1m/users.dat", _users(random, users))


def write_rich_files(directory: Path, users: int, items: int, events: int, seed: int) -> Path:
    """Writes the same with people and plots of the films, and a card that reads all of it.

    Args:
        directory: Takes the files.
        users: As in `write_archive`.
        items: As in `write_archive`.
        events: As in `write_archive`.
        seed: As in `write_archive`.

    Returns:
        The card.
    """
    random = np.random.default_rng(seed)
    (directory / "ratings.dat").write_text(_ratings(random, users, items, events))
    plain = _movies(random, items).splitlines()
    films = "".join(f"{line}::{_cast(random)}::{_plot(random)}\n" for line in plain)
    (directory / "films.dat").write_text(films)
    (directory / "users.dat").write_text(_users(random, users))
    card = directory / "rich.toml"
    card.write_text(RICH_CARD)
    return card


def _cast(random: np.random.Generator) -> str:
    """One to three of many people, few of whom are in several films."""
    drawn = 5 * random.pareto(1.0, 1 + random.integers(3))
    return "|".join(f"Person {number}" for number in drawn.astype(int))


def _plot(random: np.random.Generator) -> str:
    return " ".join(random.choice(WORDS, 6))


def _ratings(random: np.random.Generator, users: int, items: int, events: int) -> str:
    user, item = _pairs(random, users, items, events)
    second = START + 1_000 * user + random.integers(SECONDS_PER_USER, size=len(user))
    again = random.integers(len(user), size=int(REPEATED * len(user)))
    user, item, second = (np.concatenate([x, x[again]]) for x in (user, item, second))
    rating = random.integers(1, 6, len(user)).astype("U4")
    rating[random.random(len(rating)) < BROKEN] = "none"
    return "".join(
        f"{u}::{i}::{r}::{s}\n" for u, i, r, s in zip(user, item, rating, second, strict=True)
    )


def _pairs(
    random: np.random.Generator, users: int, items: int, events: int
) -> tuple[np.ndarray, np.ndarray]:
    """Distinct users with items, both numbered from 1 and long-tailed, in random order."""
    activity = random.pareto(1.5, users) + 0.2
    user = random.choice(users, size=2 * events, p=activity / activity.sum())
    item = (items * random.random(len(user)) ** 2).astype(np.int64)
    pairs = random.permutation(np.unique(user * items + item))[:events]
    return 1 + pairs // items, 1 + pairs % items


def _movies(random: np.random.Generator, items: int) -> str:
    lines = []
    for number in range(1, items + 1):
        genres = "|".join(random.choice(GENRES, random.integers(1, 4), replace=False))
        lines.append(f"{number}::Ciné {number} ({1930 + random.integers(70)})::{genres}\n")
    return "".join(lines)


def _users(random: np.random.Generator, users: int) -> str:
    ages = random.choice([1, 18, 25, 35, 45, 50, 56], users)
    jobs = random.integers(21, size=users)
    genders = random.choice(["F", "M"], users)
    return "".join(
        f"{number}::{gender}::{age}::{job}::{10_000 + number}\n"
        for number, (gender, age, job) in enumerate(zip(genders, ages, jobs, strict=True), start=1)
    )
