from datetime import UTC, datetime

import numpy as np
import pytest

from towers.request_context import RequestContext, hour_of, weekday_of

import keras  # isort: skip  (after the module above, which prepares the process)


@pytest.mark.parametrize(
    ("year", "month", "day", "hour"), [(1970, 1, 1, 0), (1998, 3, 15, 23), (2024, 2, 29, 12)]
)
def test_hour_and_weekday_are_those_of_the_calendar(year: int, month: int, day: int, hour: int):
    moment = datetime(year, month, day, hour, 59, 59, tzinfo=UTC)
    timestamp = np.int64(moment.timestamp())
    assert (hour_of(timestamp), weekday_of(timestamp)) == (hour, moment.weekday())


def test_vectors_are_of_hour_and_weekday_and_zero_where_unknown():
    keras.utils.set_random_seed(1)
    context = RequestContext(4)
    context.build()
    monday_9, tuesday_9, monday_10 = (345_600 + s for s in (9 * 3_600, 33 * 3_600, 10 * 3_600))
    found = np.asarray(context(np.array([[monday_9, tuesday_9, monday_10, 0]])))[0]
    hours, days = np.asarray(context.hour.embeddings), np.asarray(context.weekday.embeddings)
    expected = [hours[9] + days[0], hours[9] + days[1], hours[10] + days[0], np.zeros(4)]
    np.testing.assert_allclose(found, expected, atol=1e-6)
