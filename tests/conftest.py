"""Fixtures that several folders share: each stage's real output on the planted data, built once."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import settings

from commands.stages import Stages
from schemas.artifacts import Artifact
from schemas.config import (
    Config,
    EvaluateConfig,
    IndexConfig,
    PrepareConfig,
    RankingConfig,
    RetrievalConfig,
)
from tests.planted import write_planted

# What a test finds depends neither on chance nor on what else the machine does.
settings.register_profile("matinee", deadline=None, derandomize=True)
settings.load_profile("matinee")

TINY = Config(
    prepare=PrepareConfig(shards=2),
    retrieval=RetrievalConfig(
        embedding_dim=16,
        history_len=20,
        blocks=1,
        epochs=12,
        dropout=0.0,
        item_id_dropout=0.0,
        batch_size=16,
        learning_rate=5e-3,
        candidates=40,
        jit=False,
    ),
    index=IndexConfig(recall_k=20),
    ranking=RankingConfig(
        embedding_dim=16,
        history_len=24,
        attention_len=20,
        blocks=1,
        epochs=8,
        hidden=(32, 16),
        dropout=0.0,
        learning_rate=5e-3,
        negatives=10,
        pair_batch_size=64,
    ),
    evaluate=EvaluateConfig(),
)


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Marks as slow what stands on prepared data, and so on a Beam job that takes half a minute.

    Of several processes files with slow tests come first: one that is begun last would keep a
    single core busy.
    """
    for item in items:
        if isinstance(item, pytest.Function) and "prepared" in item.fixturenames:
            item.add_marker(pytest.mark.slow)
    if not hasattr(config, "workerinput"):  # of pytest-xdist
        return
    slow = {item.path for item in items if item.get_closest_marker("slow")}
    items.sort(key=lambda item: item.path not in slow)


@pytest.fixture(scope="session")
def planted(tmp_path_factory: pytest.TempPathFactory) -> Artifact:
    """The planted data directory."""
    return write_planted(tmp_path_factory.mktemp("data") / "planted")


@pytest.fixture(scope="session")
def stages(tmp_path_factory: pytest.TempPathFactory) -> Stages:
    """The stages of one run directory with small models."""
    return Stages(tmp_path_factory.mktemp("runs") / "planted", TINY)


@pytest.fixture(scope="session")
def prepared(stages: Stages, planted: Artifact) -> Artifact:
    """The planted data through the real Beam job."""
    return stages.prepare(planted, [])


@pytest.fixture(scope="session")
def retrieval(stages: Stages, prepared: Artifact) -> Artifact:
    """A small retrieval model trained on the planted data."""
    return stages.train_retrieval()


@pytest.fixture(scope="session")
def ranking(stages: Stages, retrieval: Artifact) -> Artifact:
    """A small ranker trained on what that model retrieves."""
    return stages.train_ranking()


@pytest.fixture(scope="session")
def run_dir(stages: Stages, ranking: Artifact) -> Path:
    """A run directory with everything that a server needs."""
    stages.index()
    return stages.run
