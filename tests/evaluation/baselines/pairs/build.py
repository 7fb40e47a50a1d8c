"""Three people and ten films, written down, through the real preparation."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from commands.stages import Stages
from pipeline.fetch import write_manifest
from schemas.artifacts import Artifact, open_artifact
from schemas.config import Config, PrepareConfig
from tests.planted import ALL_GENRES, START

PREPARE = PrepareConfig(
    shards=2,
    split="temporal_user",
    test_share=0.2,
    requests_per_user=1_000,
    tasks=("sliding_windows", "pairs"),
    statistics_features=("genres",),
    pairs_per_item=50,
    pair_history_len=1_000,
)

EVENTS = {
    # Film and rating, oldest first. Films 9 and 10 are held out; 8 is validation, in `fit` alone.
    1: [(1, 5), (2, 4), (3, 3), (4, 2), (5, 1), (6, 5), (7, 4), (8, 3), (9, 1), (10, 1)],
    2: [(5, 2), (6, 3), (4, 4)],
    # Film 4 is held out.
    3: [(1, 1), (2, 2), (3, 3), (6, 4), (5, 5), (8, 1), (4, 5)],
}
FILMS = 10
FIRST_COMEDY = 6
"""Films from this on are comedies and dramas, those before action."""


def write_events(directory: Path) -> Artifact:
    """Writes `EVENTS` in the layout of ml-100k."""
    directory.mkdir(parents=True)
    lines = [
        f"{user}\t{film}\t{rating}\t{START + second}"
        for user, events in EVENTS.items()
        for second, (film, rating) in enumerate(events)
    ]
    (directory / "u.data").write_text("\n".join(lines) + "\n")
    (directory / "u.item").write_text("\n".join(map(_film, range(1, FILMS + 1))) + "\n")
    people = [f"{user}|{20 + 10 * user}|F|writer|0" for user in EVENTS]
    (directory / "u.user").write_text("\n".join(people) + "\n")
    return described(directory)


def described(directory: Path) -> Artifact:
    """The directory with a manifest of the files as they are."""
    write_manifest(directory, "planted", "written by a test", "ml-100k.toml")
    return open_artifact(directory)


def prepare(data: Artifact, run: Path) -> Artifact:
    """The data through the preparation, with windows, pairs and statistics of genres."""
    return Stages(run, Config(prepare=PREPARE)).prepare(data, [])


def with_ratings_turned(lines: Sequence[str], which: set[tuple[str, str]]) -> list[str]:
    """Lines of u.data, in which the (user, film) of `which` have 6 less their rating."""
    rows = [line.split("\t") for line in lines]
    turned = [
        [user, film, str(6 - int(rating)) if (user, film) in which else rating, time]
        for user, film, rating, time in rows
    ]
    return ["\t".join(row) for row in turned]


def _film(number: int) -> str:
    genres = {"Action"} if number < FIRST_COMEDY else {"Comedy", "Drama"}
    flags = ["1" if name in genres else "0" for name in ALL_GENRES]
    fields = [str(number), f"Film {number} (1995)", "01-Jan-1995", "", "http://localhost/", "0"]
    return "|".join([*fields, *flags])
