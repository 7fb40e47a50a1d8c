"""Times in every unit to unix seconds."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest

from pipeline.times import LATEST, unix_seconds
from schemas.card_tables import TimeUnit

NO = np.nan


@pytest.mark.parametrize(
    ("unit", "text", "seconds"),
    [
        ("s", "881250949", 881250949),
        ("s", "881250949.0", 881250949),
        ("s", "-5", -5),
        ("s", "1.5", NO),
        ("s", "", NO),
        ("s", "soon", NO),
        ("s", "inf", NO),
        ("s", str(LATEST), LATEST),
        ("s", str(LATEST + 1), NO),
        ("ms", "1999", 1),
        ("ms", "-1", -1),
        ("ms", "1999.5", NO),
        ("us", "1700000000999999", 1700000000),
        # 2001-09-09 01:46:40 UTC is second 1 000 000 000.
        ("iso8601", "2001-09-09T01:46:40Z", 10**9),
        ("iso8601", "2001-09-09 01:46:40", 10**9),
        ("iso8601", "2001-09-09T03:46:40.999999999+02:00", 10**9),
        ("iso8601", "2001-09-08T20:16:40-0530", 10**9),
        ("iso8601", "2001-09-09T01:46", 10**9 - 40),
        ("iso8601", "2001-09-09", 10**9 - 6400),
        ("iso8601", "1969-12-31T23:59:59z", -1),
        ("iso8601", "2001-02-30", NO),
        ("iso8601", "2001-09-09T25:00", NO),
        ("iso8601", "09/09/2001", NO),
        ("iso8601", "1000000000", NO),
        ("iso8601", "", NO),
    ],
)
def test_alone_and_among_others(unit: str, text: str, seconds: float) -> None:
    good = "2001-09-09T01:46:40Z" if unit == "iso8601" else "7"
    (alone,) = unix_seconds(pa.array([text]), TimeUnit(unit))
    among = unix_seconds(pa.array([good, text, "no time", good]), TimeUnit(unit))
    np.testing.assert_equal([alone, among[1]], [seconds, seconds])
    assert np.isfinite(among[[0, 3]]).all() and np.isnan(among[2])
