"""Values are the same ahead of time, one at a time, and so are errors."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest

from pipeline.ahead import ahead


def test_the_same_values_in_order() -> None:
    assert list(ahead(iter(range(100)))) == list(range(100))
    assert list(ahead(iter([]))) == []
    assert list(ahead(iter([None, 0, []]))) == [None, 0, []]


def test_one_value_ahead_in_another_thread() -> None:
    made, threads = [], set()

    def values() -> Iterator[int]:
        for number in range(4):
            made.append(number)
            threads.add(threading.get_ident())
            yield number

    asked = ahead(values())
    assert made == []
    assert next(asked) == 0
    assert next(asked) == 1
    assert len(made) <= 3
    assert list(asked) == [2, 3]
    assert made == [0, 1, 2, 3]
    assert threading.get_ident() not in threads


def test_an_error_comes_where_it_belongs() -> None:
    def values() -> Iterator[int]:
        yield 1
        raise ValueError("the second")

    asked = ahead(values())
    assert next(asked) == 1
    with pytest.raises(ValueError, match="the second"):
        next(asked)


def test_who_stops_early_leaves_no_thread() -> None:
    before = threading.active_count()
    asked = ahead(iter(range(100)))
    assert next(asked) == 0
    asked.close()  # type: ignore[attr-defined]
    assert threading.active_count() == before
