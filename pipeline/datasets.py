"""The releases that can be fetched, and where from."""

from __future__ import annotations

from dataclasses import dataclass

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
        layout: Name of its file layout (`pipeline.sources.layouts`).
        url: Official address.
        md5: Published digest, or None to read it from `<url>.md5`.
    """

    name: str
    layout: str
    url: str
    md5: str | None = None


@dataclass(frozen=True)
class PackagedFiles:
    """The same ratings inside a Python package, for where the official address is out of reach.

    Attributes:
        requirement: What pip is asked for.
        sha256: The wheel's digest.
        layout: Name of the files' layout.
        members: The files wanted, as named in the wheel.
    """

    requirement: str
    sha256: str
    layout: str
    members: tuple[str, ...]


RELEASES = {
    name: Release(name, layout, ADDRESS.format(name=name), md5)
    for name, layout, md5 in (
        ("ml-100k", "ml-100k", "0e33842e24a9c977be4e0107933c0723"),
        ("ml-latest-small", "csv", None),
        ("ml-1m", "ml-1m", "c4d9eecfca2ab87c1945afe126590906"),
        ("ml-10m", "ml-10m", None),
        ("ml-20m", "csv", None),
        ("ml-25m", "csv", None),
        ("ml-32m", "csv", None),
    )
}

PACKAGED = {
    "ml-100k": PackagedFiles(
        requirement="recbole==1.2.1",
        sha256="9c9948202011f37eb0a7c6768129313f00d6403ad221ec940d5e2d5d5f33a407",
        layout="ml-100k-tsv",
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
