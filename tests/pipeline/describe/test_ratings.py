import numpy as np
import pytest

from pipeline.describe.ratings import RatingCounts
from schemas.cards import RatingScale

NAN = float("nan")


def counted(*batches, scale=(1.0, 5.0)):
    counts = RatingCounts(RatingScale(*scale))
    for batch in batches:
        counts.add(np.array(batch, np.float32))
    return counts


def test_worked_by_hand():
    found = counted([4, 5, 3, 4], [2, NAN, 3, 5]).figures()
    # 26 over 7 events; squares 104 / 7 - (26 / 7) ** 2 = 52 / 49, whose root is 1.0301575.
    assert (found["rated"], found["rated_share"]) == (7, 0.875)
    assert (found["mean"], found["standard_deviation"]) == (3.714286, 1.030158)
    assert found["histogram"] == [
        {"from": rating, "to": rating, "events": events}
        for rating, events in ((2.0, 1), (3.0, 2), (4.0, 2), (5.0, 2))
    ]


def test_many_different_ratings_are_put_into_bins_over_the_scale():
    # 0, 1, ..., 100 in 20 bins of width 5, of which the last holds both its ends.
    found = counted(np.arange(60), np.arange(60, 101), scale=(0.0, 100.0)).histogram()
    assert len(found) == 20
    assert found[0] == {"from": 0.0, "to": 5.0, "events": 5}
    assert found[-1] == {"from": 95.0, "to": 100.0, "events": 6}
    assert sum(bin_["events"] for bin_ in found) == 101


def test_equal_ratings_have_no_deviation():
    assert counted([0.1] * 1_000, scale=(0.0, 1.0)).figures()["standard_deviation"] == 0


@pytest.mark.parametrize("counts", [RatingCounts(None), counted([NAN, NAN])])
def test_nothing_is_rated(counts):
    counts.add(np.full(3, NAN, np.float32))
    assert counts.figures() is None
    assert counts.mean is None
