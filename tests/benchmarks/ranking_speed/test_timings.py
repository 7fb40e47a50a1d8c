"""How calls are timed."""

from __future__ import annotations

from typing import Any

from benchmarks.ranking_speed.timings import WARM_UP, figures, measured


def counting() -> tuple[list[Any], Any]:
    calls: list[Any] = []
    return calls, calls.append


def test_first_calls_do_not_count() -> None:
    calls, rank = counting()
    found = measured(rank, None, seconds=60.0, most_calls=5)  # type: ignore[arg-type]
    assert found["calls"] == 5
    assert len(calls) == WARM_UP + 5


def test_a_call_that_takes_all_the_time_is_timed_once() -> None:
    calls, rank = counting()
    found = measured(rank, None, seconds=0.0, most_calls=5)  # type: ignore[arg-type]
    assert found["calls"] == 1
    assert len(calls) == 2


def test_percentiles_by_hand() -> None:
    # Of 0 to 100 ms, the 50th and the 99th.
    assert figures([float(x) for x in range(101)]) == {"p50_ms": 50.0, "p99_ms": 99.0, "calls": 101}
