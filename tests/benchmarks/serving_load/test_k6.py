"""Reading what k6 writes; the lines below are as k6 1.1.0 writes them."""

import numpy as np
import pytest

from benchmarks.serving_load.k6 import WARM_SECONDS, read_samples

HEADER = "metric_name,timestamp,metric_value,status,extra_tags,metadata"
WARM = int(WARM_SECONDS * 1e6)


def written(path, *rows):
    lines = (",".join(map(str, row)) for row in rows)
    path.write_text("\n".join([HEADER, *lines]) + "\n")
    return path


def test_requests_and_their_stages(tmp_path):
    path = written(
        tmp_path / "samples.csv",
        ("grpc_req_duration", 5, 90.0, 0, "", "vu=1&iter=0"),
        ("stage", 5, 80.0, "", "name=rank", "vu=1&iter=0"),
        ("dropped_iterations", 6, 1, "", "", ""),
        ("grpc_req_duration", WARM + 5, 12.5, 0, "", "vu=1&iter=1"),
        ("grpc_req_duration", WARM + 6, 10.5, 0, "", "iter=0&vu=2"),
        ("grpc_req_duration", WARM + 7, 0.5, 8, "", "vu=3&iter=0"),
        ("stage", WARM + 5, 3.5, "", "name=encode", "vu=2&iter=0"),
        ("stage", WARM + 5, 7.5, "", "name=rank", "iter=1&vu=1"),
        ("stage", WARM + 5, 2.5, "", "name=encode", "iter=1&vu=1"),
        ("dropped_iterations", WARM + 8, 1, "", "", ""),
        ("dropped_iterations", WARM + 9, 1, "", "", ""),
    )
    load = read_samples(path)
    assert load.milliseconds.tolist() == [12.5, 10.5]
    assert (load.failed, load.dropped, load.sent) == (1, 2, 4)
    assert load.stages["encode"].tolist() == [2.5, 3.5]
    np.testing.assert_array_equal(load.stages["rank"], [7.5, np.nan])
    assert load.quantile_ms(0.5) == 11.5


def test_a_load_without_a_request_is_an_error(tmp_path):
    path = written(tmp_path / "samples.csv", ("vus", 5, 1, "", "", ""))
    with pytest.raises(RuntimeError, match="k6 sent none"):
        read_samples(path)
