import numpy as np
import pytest

from pipeline.describe.times import DAYS, TieCounts, TimeCounts
from tests.pipeline.describe.build import DAY, HOUR, THURSDAY_NOON


def counted(*batches):
    counts = TimeCounts()
    for batch in batches:
        counts.add(np.array(batch, np.int64))
    return counts.figures()


def tied(*people):
    """Each person is a batch of one user or, if given lists, of several."""
    counts = TieCounts()
    for users in people:
        flat = [moment for user in users for moment in user]
        counts.add(np.array([len(user) for user in users]), np.array(flat, np.int64))
    return counts.figures()


def test_worked_by_hand():
    found = counted(
        [THURSDAY_NOON, THURSDAY_NOON + HOUR, 0], [THURSDAY_NOON + DAY, THURSDAY_NOON + 40 * DAY]
    )
    assert (found["from"], found["to"]) == ("2020-01-02T12:00:00Z", "2020-02-11T12:00:00Z")
    assert found["without_time"] == 1
    assert found["by_month"] == [
        {"month": "2020-01", "events": 3},
        {"month": "2020-02", "events": 1},
    ]
    # Forty days after a Thursday is a Tuesday.
    expected = dict.fromkeys(DAYS, 0) | {"Thursday": 2, "Friday": 1, "Tuesday": 1}
    assert found["by_weekday"] == expected
    assert found["by_hour"]["Thursday"] == [0] * 12 + [1, 1] + [0] * 10
    assert found["by_hour"]["Tuesday"] == [0] * 12 + [1] + [0] * 11


@pytest.mark.parametrize(
    ("moment", "month", "day", "hour"),
    [
        (1, "1970-01", "Thursday", 0),
        (-1, "1969-12", "Wednesday", 23),
        (253_402_300_799, "9999-12", "Friday", 23),
    ],
)
def test_far_away_times(moment, month, day, hour):
    found = counted([moment])
    assert found["by_month"] == [{"month": month, "events": 1}]
    assert found["by_hour"][day][hour] == 1
    assert sum(found["by_weekday"].values()) == 1


def test_no_time_is_known():
    assert counted([0, 0]) is None
    assert tied([[0, 0, 0]]) is None
    assert TimeCounts().span() == {"from": None, "to": None}


def test_ties_worked_by_hand():
    # 7 7 8 | 8 9 9 9 | 9, in two batches: two and three events tie, across users none.
    assert tied([[7, 7, 8], [8, 9, 9, 9]], [[9]]) == {
        "tied_events": 5,
        "tied_event_share": 0.625,
        # Of the two users with two events or more, the second.
        "users_tied_at_end": 1,
        "user_tied_at_end_share": 0.5,
        "longest_tie": 3,
    }


def test_unknown_times_do_not_tie():
    found = tied([[0, 0, 5], [], [6]])
    assert (found["tied_events"], found["longest_tie"], found["users_tied_at_end"]) == (0, 1, 0)
    assert found["tied_event_share"] == 0


def test_users_with_one_event_have_no_share_of_ties_at_the_end():
    assert tied([[5], [6]])["user_tied_at_end_share"] is None
