"""How many users have ties that matter, and how far figures move with them."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pytest

from benchmarks.ties import spread, tied_share
from schemas.artifacts import Artifact
from tests.evaluation.test_requests import write_prepared


def test_a_spread_keeps_the_order_of_the_file_apart() -> None:
    # Of the shuffled .1, .4 and .1 the mean is .2; the file's .9 is not among them.
    found = spread([0.9, 0.1, 0.4, 0.1])
    assert found == {"file": 0.9, "mean": pytest.approx(0.2), "low": 0.1, "high": 0.4}


@pytest.mark.parametrize(
    ("newest", "target", "share"),
    [([20, 5], [20, 5], 1.0), ([20, 5], [30, 5], 0.5), ([5, 20], [30, 30], 0.0)],
)
def test_a_tie_is_of_the_target_and_the_event_before_it(
    tmp_path: Path, newest: list[int], target: list[int], share: float
) -> None:
    first, second = newest
    write_prepared(
        tmp_path,
        # The oldest event of the first user is of the second one's target's second, as it happens.
        history_item_id=pa.array([["x", "z"], ["z"]], pa.list_(pa.string())),
        history_rating=pa.array([[4.0, 4.0], [4.0]], pa.list_(pa.float32())),
        history_timestamp=pa.array([[target[1], first], [second]], pa.list_(pa.int64())),
        target_timestamp=pa.array(target, pa.int64()),
    )
    assert tied_share(Artifact(tmp_path, {})) == share
