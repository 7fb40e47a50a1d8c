import numpy as np
import pytest

from pipeline.describe.activity import activity


def rows(lengths):
    found = activity(np.array(lengths))["histogram"]
    return [(bin_["from"], bin_["to"], bin_["users"]) for bin_ in found]


def test_worked_by_hand():
    found = activity(np.array([4, 3, 1]))
    assert (found["mean"], found["min"], found["max"]) == (2.666667, 1, 4)
    # A third of the users have at most 1 event, two thirds at most 3.
    expected = {"1": 1, "5": 1, "25": 1, "50": 3, "75": 4, "95": 4, "99": 4}
    assert found["percentiles"] == expected


@pytest.mark.parametrize(
    ("lengths", "expected"),
    [
        ([4, 3, 1], [(1, 1, 1), (2, 2, 0), (3, 5, 2)]),
        ([6], [(6, 10, 1)]),
        ([10, 11, 20, 21], [(6, 10, 1), (11, 20, 2), (21, 50, 1)]),
        ([0, 2], [(0, 0, 1), (1, 1, 0), (2, 2, 1)]),
        ([100, 101], [(51, 100, 1), (101, 200, 1)]),
    ],
)
def test_bins_hold_their_ends(lengths, expected):
    assert rows(lengths) == expected


def test_every_user_is_in_one_bin():
    lengths = np.random.default_rng(1).integers(1, 30_000, 500)
    assert sum(users for _, _, users in rows(lengths)) == 500
