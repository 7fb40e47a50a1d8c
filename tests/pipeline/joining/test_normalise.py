"""Each rule of the normalisation, with worked examples; and what holds for every text."""

from __future__ import annotations

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.joining.normalise import compact, normalise, without_article

ALPHABET = "aeiIvVxX19 ,.:'&+-()éßÆİ\u0131жΣς½²™№の\t"
TITLES = st.one_of(
    st.text(max_size=30),
    st.text(ALPHABET, max_size=20),
    st.lists(
        st.sampled_from(
            ["The", "the,", "part", "No.", "II", "i", "Two", "L'", "a", "X,", "xx", "&"]
        ),
        max_size=6,
    ).map(" ".join),
)


def one(title: str) -> str:
    return normalise(pa.array([title]))[0].as_py()


@pytest.mark.parametrize(
    ("title", "expected"),
    [
        # Articles moved to the end, in several languages, before a subtitle too.
        ("Matrix, The", "the matrix"),
        ("Midnight Clear, A", "a midnight clear"),
        ("Postino, Il", "il postino"),
        ("Vitelloni, I", "i vitelloni"),
        ("Avventura, L'", "lavventura"),
        ("L'Avventura", "lavventura"),
        ("Hobbit, The: An Unexpected Journey", "the hobbit an unexpected journey"),
        ("Lord of the Rings: The Two Towers, The", "the lord of the rings the 2 towers"),
        ("Good, the Bad and the Ugly, The", "the good the bad and the ugly"),
        ("I, Robot", "i robot"),
        # Accents, ligatures, letters without a decomposition.
        ("Amélie", "amelie"),
        ("Tōkyō monogatari", "tokyo monogatari"),
        ("Ærø, Straße, Łódź", "aero strasse lodz"),
        ("İstanbul \u0131l\u0131k", "istanbul ilik"),
        ("Сталкер", "сталкер"),
        # Ampersand and plus.
        ("Romeo & Juliet", "romeo and juliet"),
        ("Romeo + Juliet", "romeo and juliet"),
        # Apostrophes of every kind, points, other punctuation.
        ("Ocean\u2019s 11", "oceans 11"),
        ("Ocean`s 11", "oceans 11"),
        ("S.W.A.T.", "swat"),
        ("Spider-Man", "spider man"),
        ("Face/Off", "face off"),
        ("  Alien:   Resurrection!  ", "alien resurrection"),
        # Roman numerals, but not at the start, and I only as a number of something.
        ("Rocky II", "rocky 2"),
        ("Star Trek IV: The Voyage Home", "star trek 4 the voyage home"),
        ("Henry IV, Part I", "henry 4 1"),
        ("V for Vendetta", "v for vendetta"),
        ("I and I", "i and i"),
        ("Mix", "mix"),
        # Numbers in words, and what stands before a number.
        ("Ocean's Eleven", "oceans 11"),
        ("Twelve Monkeys", "12 monkeys"),
        ("Kill Bill: Vol. 2", "kill bill 2"),
        ("Kill Bill: Volume Two", "kill bill 2"),
        ("Love Potion No. 9", "love potion 9"),
        ("Love Potion #9", "love potion 9"),
        ("Part of Me", "part of me"),
        ("Someone", "someone"),
        # Nothing that could be compared.
        ("...", ""),
        ("", ""),
    ],
)
def test_rules(title: str, expected: str) -> None:
    assert one(title) == expected


@given(TITLES)
def test_twice_is_once(title: str) -> None:
    assert one(one(title)) == one(title)


@given(st.lists(TITLES, max_size=8))
def test_rows_do_not_touch_each_other(titles: list[str]) -> None:
    together = normalise(pa.array(titles, pa.string())).to_pylist()
    assert together == [one(title) for title in titles]


@given(TITLES)
def test_only_letters_digits_and_single_spaces(title: str) -> None:
    words = one(title).split(" ")
    assert words == [""] or all(words)
    assert not set(one(title)) & set(".,:;'&+-()!?\t")


@pytest.mark.parametrize(
    ("title", "expected"),
    [("the matrix", "matrix"), ("the a team", "team"), ("the", "the"), ("theory", "theory")],
)
def test_without_article(title: str, expected: str) -> None:
    assert without_article(pa.array([title])).to_pylist() == [expected]


def test_compact() -> None:
    assert compact(pa.array(["spider man", "spiderman"])).to_pylist() == ["spiderman"] * 2
