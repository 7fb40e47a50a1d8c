"""A server is killed while a client records."""

from __future__ import annotations

import pytest

from benchmarks.killed_servers import CALL_EVENTS, kill_servers


@pytest.mark.slow
def test_a_killed_server_has_what_it_acknowledged(run_dir, tmp_path):
    killed = kill_servers(run_dir, f"sqlite:{tmp_path / 'events.sqlite'}", [0.3, 0.6])
    assert [(life.lost, life.code) for life in killed] == [(0, "UNAVAILABLE")] * 2
    assert sum(life.acknowledged for life in killed) >= 2 * CALL_EVENTS
