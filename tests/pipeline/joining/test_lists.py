"""Lists out of other columns."""

from __future__ import annotations

import pyarrow as pa
import pytest

from pipeline.joining.lists import comma_separated, grouped


@pytest.mark.parametrize(
    ("text", "expected"),
    [("Drama, Crime", ["Drama", "Crime"]), ("a,b ,c", ["a", "b", "c"]), ("", []), (None, [])],
)
def test_comma_separated(text: str | None, expected: list[str]) -> None:
    assert comma_separated(pa.array([text], pa.string())).to_pylist() == [expected]


def test_grouped_keeps_the_order_of_the_values() -> None:
    # 200 values in turn for a, b and a key that nobody wants.
    keys = pa.array(["a", "b", "x"] * 200)
    values = pa.array([str(i) for i in range(600)])
    b, none, a = grouped(keys, values, pa.array(["b", "none", "a"])).to_pylist()
    assert b == [str(i) for i in range(1, 600, 3)]
    assert none == []
    assert a == [str(i) for i in range(0, 600, 3)]
