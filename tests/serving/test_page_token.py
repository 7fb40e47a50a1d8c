"""Page tokens: there and back, damage, and how long they get."""

from __future__ import annotations

import base64

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from serving.page_token import FIRST, Page, digest, longest_token, read_token, write_token

DIGESTS = (digest(b"models"), digest(b"viewers"))


def rows(*values):
    return np.array(values, dtype=np.int64)


@given(
    shown=st.sets(st.integers(0, 2_000_000), max_size=300),
    cursor=st.none() | st.integers(0, 2_000_001),
)
def test_there_and_back(shown, cursor):
    page = Page(np.array(sorted(shown), dtype=np.int64), cursor)
    token = write_token(page, DIGESTS)
    assert len(token) <= longest_token(len(shown), 2)
    read, digests = read_token(token, 2, 2_000_001, 300)
    np.testing.assert_array_equal(read.shown, page.shown)
    assert read.shown.dtype == np.int64
    assert (read.cursor, digests) == (cursor, DIGESTS)


def test_the_first_page_is_nothing():
    read, _ = read_token(write_token(FIRST, DIGESTS), 2, 1, 0)
    assert (len(read.shown), read.cursor) == (0, None)


@pytest.mark.parametrize("items", [4_000, 1_000_000, 2**31 - 1])
def test_a_token_is_bounded(items):
    shown = np.sort(np.random.default_rng(0).choice(items, 2_500, replace=False))
    token = write_token(Page(shown), DIGESTS * 3)
    assert len(token) <= longest_token(2_500, 6)
    # 2 000 items and a page of 500 behind them, the server's defaults: far below a message's 1 MiB.
    assert longest_token(2_500, 6) < 14_000
    if items <= 1_000_000:
        assert len(token) < 7_000


@given(st.data())
def test_damage_is_noticed(data):
    token = write_token(Page(rows(3, 7, 20)), DIGESTS)
    at = data.draw(st.integers(0, len(token) - 2))  # the last character has spare bits
    other = data.draw(st.sampled_from([c for c in "AZaz09-_ é=" if c != token[at]]))
    with pytest.raises(ValueError, match="not a page token"):
        read_token(token[:at] + other + token[at + 1 :], 2, 30, 10)


@given(st.text(max_size=300))
def test_any_text_is_refused(text):
    with pytest.raises(ValueError, match="not a page token"):
        read_token(text, 2, 30, 10)


@given(st.binary(max_size=200))
def test_any_bytes_with_a_right_check_are_refused_or_read(body):
    token = base64.urlsafe_b64encode(digest(body) + body).decode()
    try:
        page, _ = read_token(token, 2, 30, 10)
    except ValueError:
        return
    assert (np.diff(page.shown) > 0).all()
    assert len(page.shown) <= 10


@pytest.mark.parametrize(
    ("page", "items", "most"),
    [
        (Page(rows(3, 30)), 30, 10),  # a row beyond the catalogue
        (Page(rows(3, 7)), 30, 1),  # more rows than a token holds
        (Page(rows(3), cursor=31), 30, 10),  # a place beyond the catalogue
    ],
)
def test_a_token_of_another_catalogue(page, items, most):
    with pytest.raises(ValueError, match="not a page token"):
        read_token(write_token(page, DIGESTS), 2, items, most)


def test_a_small_token_cannot_unpack_to_much():
    # Ten million rows in a row take some ten kilobytes; none of them is unpacked.
    token = write_token(Page(np.arange(10_000_000)), DIGESTS)
    assert len(token) < 100_000
    with pytest.raises(ValueError, match="not a page token"):
        read_token(token, 2, 10_000_000, 2_500)
