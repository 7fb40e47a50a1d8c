"""Preparation in several processes gives what one process gives; other engines: tests/flink."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from tfx_bsl.sketches import QuantilesSketch

from pipeline.features import QUANTILE_ERROR
from pipeline.prepare import prepare
from schemas.config import load_config
from tests.flink.compare import differences
from tests.flink.engines import EVERYTHING, MULTI_PROCESSING, write_rich_data


@pytest.mark.slow
def test_two_processes_give_what_one_gives(tmp_path: Path) -> None:
    data = write_rich_data(tmp_path, users=150, items=150, events=3_000, seed=1)
    (tmp_path / "everything.toml").write_text(f"[prepare]\nshards = 4\n{EVERYTHING}")
    config = load_config(tmp_path / "everything.toml").prepare
    figures = []
    for name, beam_args in (("one", ()), ("two", MULTI_PROCESSING)):
        (tmp_path / name).mkdir()
        figures.append(prepare(data, config, tmp_path / name, beam_args))
    assert figures[0] == figures[1]
    assert figures[0]["rows"]["rejected"] > 0
    assert min(figures[0]["examples"].values()) > 0
    assert differences(tmp_path / "one", tmp_path / "two") == []


def test_quantiles_do_not_depend_on_the_order_of_merging() -> None:
    values = np.random.default_rng(1).lognormal(size=200_000).astype(np.float32)
    found = []
    for workers in (1, 2, 3):
        # As tft.quantiles does: a sketch for each worker, fed in batches, then merged.
        order = np.random.default_rng(workers).permutation(len(values))
        sketches = []
        for part in np.array_split(values[order], workers):
            sketches.append(QuantilesSketch(QUANTILE_ERROR, 1 << 32, 1))
            for batch in np.array_split(part, 100):
                sketches[-1].AddValues(pa.array(batch))
        for other in sketches[1:]:
            sketches[0].Merge(other)
        found.append(sketches[0].GetQuantiles(10).to_pylist())
    assert found[0] == found[1] == found[2]
