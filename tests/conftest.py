"""Fixtures that several folders share: each stage's real output on the planted data, built once."""

from __future__ import annotations

import schemas.tf_runtime  # isort: skip  # noqa: F401  before TensorFlow

import pytest

from pipeline.prepare import prepare
from schemas.artifacts import Artifact, build
from schemas.config import PrepareConfig
from tests.planted import write_planted


@pytest.fixture(scope="session")
def planted(tmp_path_factory: pytest.TempPathFactory) -> Artifact:
    """The planted data directory."""
    return write_planted(tmp_path_factory.mktemp("data") / "planted")


@pytest.fixture(scope="session")
def prepared(planted: Artifact, tmp_path_factory: pytest.TempPathFactory) -> Artifact:
    """The planted data through the real Beam job."""
    config = PrepareConfig(shards=2)
    return build(
        tmp_path_factory.mktemp("runs") / "prepared",
        "prepared",
        config,
        {"data": planted},
        ["pipeline", "schemas"],
        lambda out: prepare(planted, config, out),
    )
