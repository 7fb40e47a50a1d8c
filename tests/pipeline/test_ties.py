"""A random order of events of one second, through the whole preparation."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from commands.stages import Stages
from pipeline.adopt import adopt
from pipeline.prepare import prepare
from schemas.artifacts import Artifact
from schemas.config import PrepareConfig
from tests.conftest import TINY

COLUMNS = ("timestamp", "item_id", "rating")


@pytest.mark.slow
def test_nothing_but_the_order_of_ties_changes(
    prepared: Artifact, planted: Artifact, tmp_path: Path
) -> None:
    config = dataclasses.replace(TINY, prepare=dataclasses.replace(TINY.prepare, tie_seed=7))
    shuffled = Stages(tmp_path, config).prepare(planted, [])
    assert shuffled.figures["rows"] == prepared.figures["rows"]
    before, after = (
        pq.read_table(artifact.path / "profiles.parquet").to_pylist()
        for artifact in (prepared, shuffled)
    )
    moved = 0
    for one, other in zip(before, after, strict=True):
        assert one["history_timestamp"] == other["history_timestamp"]
        events, others = (
            list(
                zip(*(row[f"history_{n}"] for n in ("timestamp", "item_id", "rating")), strict=True)
            )
            for row in (one, other)
        )
        assert sorted(events) == sorted(others)
        moved += events != others
    # A fifth of the events has the time of the one before: hardly anybody has no tie.
    assert moved > len(before) / 2


def test_events_without_times_have_no_ties(tmp_path: Path) -> None:
    (tmp_path / "clicks.csv").write_text("user,item\nu,a\nu,b\n")
    (tmp_path / "card.toml").write_text(
        'name = "clicks"\n[events]\nfiles = "clicks.csv"\nformat = "csv"\n'
        'user_id = "user"\nitem_id = "item"\n'
    )
    out = tmp_path / "out"
    out.mkdir()
    with pytest.raises(ValueError, match=r"prepare\.tie_seed: expected 0 for clicks, .* got 7"):
        prepare(adopt(tmp_path / "card.toml", tmp_path), PrepareConfig(tie_seed=7), out)
    assert not list(out.iterdir())
