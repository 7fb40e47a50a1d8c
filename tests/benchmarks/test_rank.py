"""Figures, ratios and table of the ranking benchmark."""

from __future__ import annotations

import pytest

from benchmarks.measured import measure
from benchmarks.rank import compared, flat, main, table

FOUND = {
    cores: {
        "matinee": {
            "1_requests_2_owners_plain": {"p50_ms": 4.0 / cores, "p99_ms": 9.0, "calls": 7}
        },
        "bst": {"1_requests_2_owners_plain": {"p50_ms": 160.0, "p99_ms": 200.0, "calls": 3}},
    }
    for cores in (1, 2)
}
NAME = "cores_1_requests_2_owners_plain"


def test_figures_ratios_and_table() -> None:
    ours, peer = flat(FOUND, "matinee"), flat(FOUND, "bst")
    assert ours[f"2_{NAME}_p50_ms"] == 2.0
    assert ours[f"1_{NAME}_calls"] == 7
    ratios = compared(ours, peer, "bst")
    assert ratios == {f"1_{NAME}_p50_ms_over_bst": 0.025, f"2_{NAME}_p50_ms_over_bst": 0.0125}
    _, one, two = table(ours, peer, "bst")
    assert one.split() == [f"1_{NAME}", "4.00", "9.00", "160.0", "200.0", "0.0250"]
    assert two.split() == [f"2_{NAME}", "2.00", "9.00", "160.0", "200.0", "0.0125"]


def test_more_cores_than_there_are_is_refused() -> None:
    with pytest.raises(ValueError, match=r"cores: expected at most \d+, got 100000"):
        measure("benchmarks.rank:main", cores=100_000)


def test_what_cannot_be_measured_is_refused_before_anything_is(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("benchmarks.rank.CORES", (1, 100_000))
    monkeypatch.setattr("benchmarks.rank._build", lambda _: pytest.fail("began to measure"))
    monkeypatch.setattr("sys.argv", ["rank"])
    with pytest.raises(ValueError, match="cores: expected at most"):
        main()
