import numpy as np
import pyarrow as pa
import pytest

from pipeline.describe.missing import UserMissing, is_missing
from tests.pipeline.describe.build import NAN, USER_FEATURES


@pytest.mark.parametrize(
    ("values", "arrow_type"),
    [
        (["x", "", None], pa.string()),
        ([["x"], [], None], pa.list_(pa.string())),
        ([0.0, NAN, None], pa.float32()),
        ([1, 0, None], pa.int64()),
    ],
)
def test_each_type_has_its_own_missing_value(values, arrow_type):
    assert is_missing(pa.array(values, arrow_type)).tolist() == [False, True, True]


def test_users_are_added_up_over_batches():
    counts = UserMissing(USER_FEATURES)
    counts.add(pa.record_batch({"gender": pa.array(["F", ""])}), np.array([4, 3]))
    counts.add(pa.record_batch({"gender": pa.array(["M"])}), np.array([1]))
    # One of three users, with 3 of 8 events.
    assert counts.figures() == {
        "gender": {
            "kind": "categorical",
            "missing": 1,
            "missing_share": 0.333333,
            "missing_event_share": 0.375,
        }
    }
