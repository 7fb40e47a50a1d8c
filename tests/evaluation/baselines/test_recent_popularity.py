import dataclasses

import numpy as np
import pytest

from evaluation.baselines.recent_popularity import RecentPopularity, newest_events_span
from tests.evaluation.build import make_requests


def test_the_half_life_is_how_long_the_newest_twentieth_took():
    # 40 events: the newest two at 100 and 90, so 10 seconds.
    assert newest_events_span(np.array([100, *range(38), 90])) == 10
    # Of fewer than 30 events the newest one, which took no time.
    assert newest_events_span(np.array([1, 2, 3])) == 0
    assert newest_events_span(np.empty(0, np.int64)) == 0


def test_an_event_one_half_life_old_counts_half():
    # 40 events at 0, 5, ..., 195; item n % 4 each. The newest two took 5 seconds.
    times = np.arange(40) * 5
    histories = make_requests([[n % 4 for n in range(40)]], [0], items=5)
    histories = dataclasses.replace(histories, history_timestamp=times)
    model = RecentPopularity.fit(histories)
    assert model.half_life == 5
    # Item 3 was had 0, 4, 8, ... half-lives before the end, item 2 one before each.
    series = sum(0.5**age for age in range(0, 40, 4))
    expected = [series / 8, series / 4, series / 2, series, 0]
    np.testing.assert_allclose(model.score(histories, np.array([0, 0])), [expected] * 2, rtol=1e-6)


def test_events_without_times_are_refused():
    histories = make_requests([[0, 1, 2]], [3], items=4)
    histories.history_timestamp[:] = 0
    with pytest.raises(ValueError, match="history_timestamp: expected events at several times"):
        RecentPopularity.fit(histories)
