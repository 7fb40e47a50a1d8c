"""Preparation on Prism, Beam's own portable runner, gives what the local run gives."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.flink.compare import differences
from tests.flink.engines import EVERYTHING, prepare, prism_server, write_rich_data

pytestmark = pytest.mark.prism


def test_equal_to_the_local_run(tmp_path: Path) -> None:
    data = write_rich_data(tmp_path, users=300, items=200, events=8_000, seed=1)
    local, _ = prepare(data, tmp_path / "local", (), EVERYTHING)
    with prism_server(tmp_path) as beam_args:
        found, _ = prepare(data, tmp_path / "prism", beam_args, EVERYTHING)
    assert differences(local.path, found.path) == []
