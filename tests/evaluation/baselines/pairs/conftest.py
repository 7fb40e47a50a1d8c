"""Prepared data with windows and pairs: a few events written down, and a planted signal."""

from __future__ import annotations

import shutil

import pytest

from evaluation.requests import read_requests
from schemas.artifacts import Artifact
from tests.evaluation.baselines.pairs.build import (
    described,
    prepare,
    with_ratings_turned,
    write_events,
)


@pytest.fixture(scope="session")
def by_hand(tmp_path_factory: pytest.TempPathFactory) -> Artifact:
    """The three people of `build.EVENTS`, prepared."""
    directory = tmp_path_factory.mktemp("by_hand")
    return prepare(write_events(directory / "data"), directory / "run")


@pytest.fixture(scope="session")
def signal(tmp_path_factory: pytest.TempPathFactory, planted: Artifact) -> Artifact:
    """The planted data, prepared for models of pairs."""
    return prepare(planted, tmp_path_factory.mktemp("signal"))


@pytest.fixture(scope="session")
def turned(
    tmp_path_factory: pytest.TempPathFactory, planted: Artifact, signal: Artifact
) -> Artifact:
    """The same with the opposite rating in every test event."""
    directory = tmp_path_factory.mktemp("turned")
    shutil.copytree(planted.path, directory / "data")
    test = read_requests(signal.path, "test")
    held_out = set(zip(test.user_ids, test.item_ids[test.target_item], strict=True))
    file = directory / "data" / "u.data"
    lines = file.read_text().splitlines()
    file.write_text("\n".join(with_ratings_turned(lines, held_out)) + "\n")
    return prepare(described(directory / "data"), directory / "run")
