import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from serving.catalogue import texts_of
from serving.errors import RequestError
from serving.numbers_in_text import read_float32

LARGEST = float(np.finfo(np.float32).max)


@pytest.mark.parametrize(
    ("text", "number"),
    [("7.5", 7.5), ("-1e3", -1000.0), (" 2 ", 2.0), ("7.3", float(np.float32(7.3)))],
)
def test_a_number(text, number):
    assert read_float32("year", text) == number


@given(st.floats(width=32, allow_nan=False, allow_infinity=False))
def test_what_answers_show_is_the_same_number(number):
    (text,) = texts_of(number)
    assert read_float32("year", text) == number


def test_the_largest_as_an_answer_shows_it_is_larger_than_float64_has_it():
    text = "340282350000000000000000000000000000000"
    assert float(text) > LARGEST
    assert read_float32("year", text) == LARGEST


@pytest.mark.parametrize("text", ["", "old", "nan", "inf", "-inf", "1e39", "-1e39"])
def test_no_number(text):
    with pytest.raises(RequestError, match="year: expected a finite number, got") as caught:
        read_float32("year", text)
    assert caught.value.code.name == "INVALID_ARGUMENT"
