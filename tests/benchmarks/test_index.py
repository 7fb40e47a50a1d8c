"""Which indexes are not built, for they would take too long."""

import pytest

from benchmarks.index import LIMIT_S, _expected_build_s

BUILT = {"10000_build_s": 1.0, "100000_build_s": 20.0, "gaussian:100000_build_s": 1e6}


@pytest.mark.parametrize(
    ("size", "before", "expected"),
    [
        ("1000000", {}, None),
        ("1000000", BUILT, None),
        ("gaussian:1000000", BUILT | {"100000_build_s": 1e6}, None),
        ("5000000", BUILT, {"expected_build_s": 1000}),
        ("5000000", BUILT | {"1000000_not_built_in_s": 900}, {"expected_build_s": 4500}),
        ("5000000", {"100000_build_s": 1.0, "1000000_build_s": 181.0}, {"expected_build_s": 905}),
    ],
)
def test_time_grows_at_least_with_the_number_of_items(size, before, expected):
    assert LIMIT_S == 900
    assert _expected_build_s(size, before) == expected
