"""Preparation in several processes gives what one process gives; other engines: tests/flink."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipeline.prepare import prepare
from schemas.config import PrepareConfig
from tests.flink.compare import differences
from tests.flink.engines import MULTI_PROCESSING, write_data


@pytest.mark.slow
def test_two_processes_give_what_one_gives(tmp_path: Path) -> None:
    data = write_data(tmp_path, users=300, items=200, events=8_000, seed=1)
    config = PrepareConfig(shards=4)
    figures = []
    for name, beam_args in (("one", ()), ("two", MULTI_PROCESSING)):
        (tmp_path / name).mkdir()
        figures.append(prepare(data, config, tmp_path / name, beam_args))
    assert figures[0] == figures[1]
    assert figures[0]["rows"]["rejected"] > 0
    assert differences(tmp_path / "one", tmp_path / "two") == []
