"""Recent events beside a recorded history."""

from __future__ import annotations

import numpy as np
import pytest

from serving.profiles import Profile
from serving.recent import with_recent

NAN = np.nan
FEATURES = {"gender": "F"}


def profile(*events, features=FEATURES):
    """Of (row, rating, timestamp)."""
    row, rating, timestamp = zip(*events, strict=True) if events else ((), (), ())
    return Profile(
        np.array(row, np.int64),
        np.array(rating, np.float32),
        np.array(timestamp, np.int64),
        features,
    )


@pytest.mark.parametrize(
    ("recorded", "recent", "expected"),
    [
        # Nothing new, and nothing old.
        ([(1, 4, 10)], [], [(1, 4, 10)]),
        ([], [(1, 4, 10)], [(1, 4, 10)]),
        ([], [(1, 4, 0), (2, NAN, 0)], [(1, 4, 0), (2, NAN, 0)]),
        # Without times: as of now, or of the newest event where the clock is behind.
        ([(1, 4, 10)], [(2, 5, 0), (3, NAN, 0)], [(1, 4, 10), (2, 5, 99), (3, NAN, 99)]),
        ([(1, 4, 200)], [(2, 5, 0)], [(1, 4, 200), (2, 5, 200)]),
        # With times they take their place; of one second what is recorded comes first.
        ([(1, 4, 10), (2, 4, 30)], [(3, 5, 20)], [(1, 4, 10), (3, 5, 20), (2, 4, 30)]),
        ([(1, 4, 10)], [(3, 5, 10)], [(1, 4, 10), (3, 5, 10)]),
        # A history without times gets none.
        ([(1, 4, 0), (2, 4, 0)], [(3, 5, 20)], [(1, 4, 0), (2, 4, 0), (3, 5, 0)]),
        # Recorded in the meantime: there once, as it was recorded. Watched again: twice.
        ([(1, 4, 10), (2, 3, 20)], [(2, 5, 20), (2, 5, 30)], [(1, 4, 10), (2, 3, 20), (2, 5, 30)]),
        ([(1, 4, 0)], [(1, 5, 0)], [(1, 4, 0), (1, 5, 0)]),
    ],
)
def test_by_hand(recorded, recent, expected):
    merged = with_recent(profile(*recorded), profile(*recent, features={}), now=99)
    wanted = profile(*expected)
    np.testing.assert_array_equal(merged.rows, wanted.rows)
    np.testing.assert_array_equal(merged.ratings, wanted.ratings)
    np.testing.assert_array_equal(merged.timestamps, wanted.timestamps)
    assert merged.features == FEATURES
