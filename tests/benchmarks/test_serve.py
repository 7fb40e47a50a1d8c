import numpy as np
import pytest

from benchmarks.serve import latencies, named_run
from benchmarks.serving_load.k6 import Load


def test_runs_have_names(tmp_path):
    assert named_run(f"films={tmp_path}") == ("films", tmp_path)


@pytest.mark.parametrize("text", ["", "films", "films=", "={}", "films={}/none"])
def test_what_names_no_run_is_refused(tmp_path, text):
    with pytest.raises(ValueError, match="runs: expected NAME=RUN with the directory of a run"):
        named_run(text.format(tmp_path))


def test_latencies_of_a_load():
    load = Load(np.arange(101.0), {}, failed=2, dropped=3, sent=200)
    found = {"low_p50_ms": 50.0, "low_p95_ms": 95.0, "low_p99_ms": 99.0, "low_failed": 5}
    assert latencies("low", load) == found
