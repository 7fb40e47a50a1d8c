import numpy as np
import pytest

from pipeline.describe.concentration import by_rank, concentration, gini


def test_worked_by_hand():
    found = concentration(np.array([3, 2, 2, 1, 0]))
    # Ascending 0 1 2 2 3: sum(i x_i) = 0 + 2 + 6 + 8 + 15 = 31; 2 * 31 / (5 * 8) - 6 / 5 = .35.
    assert found["gini"] == 0.35
    # 1, 5, 10 and 20 percent of 5 items are, rounded up, one item with 3 of 8 events.
    assert found["top_share"] == {"1": 0.375, "5": 0.375, "10": 0.375, "20": 0.375}
    # 3 of 8 events are less than half, 3 + 2 are more.
    assert found["owners_of_half"] == 2
    # The least popular one, two, three and four fifths have 0, 1, 3 and 5 of 8 events.
    assert [found["lorenz"][at] for at in (0, 20, 40, 60, 80, 100)] == [
        0,
        0,
        0.125,
        0.375,
        0.625,
        1,
    ]
    # Half way between two and three fifths.
    assert found["lorenz"][50] == 0.25


def test_shares_of_the_top_are_of_whole_items():
    # Of 200 items 1, 5, 10 and 20 percent are 2, 10, 20 and 40; one item has 101 of 300 events.
    counts = np.ones(200, np.int64)
    counts[7] = 101
    found = concentration(counts)["top_share"]
    assert found == {"1": 0.34, "5": 0.366667, "10": 0.4, "20": 0.466667}


@pytest.mark.parametrize(
    ("counts", "expected"),
    [
        ([4, 4, 4, 4], 0.0),
        # One of four has all: 1 - 1 / 4.
        ([0, 0, 0, 9], 0.75),
        ([7], 0.0),
    ],
)
def test_ends_of_the_gini_index(counts, expected):
    assert gini(np.array(counts)) == pytest.approx(expected)


def test_gini_is_twice_the_area_below_the_diagonal():
    counts = np.sort(np.random.default_rng(1).integers(0, 50, 30))
    points = np.concatenate([[0], np.cumsum(counts)]) / counts.sum()
    assert gini(counts) == pytest.approx(1 - 2 * np.trapezoid(points, dx=1 / 30))


def test_half_of_the_events_exactly():
    assert concentration(np.array([2, 1, 1]))["owners_of_half"] == 1


def test_ranks_leave_out_items_without_events():
    found = by_rank(np.array([0, 3, 1, 0, 2]))
    assert [(point["rank"], point["events"]) for point in found] == [(1, 3), (2, 2), (3, 1)]


def test_ranks_are_few_and_reach_from_the_first_to_the_last():
    found = by_rank(np.arange(1, 100_001))
    assert len(found) <= 100
    assert found[0] == {"rank": 1, "events": 100_000}
    assert found[-1] == {"rank": 100_000, "events": 1}
