"""Under which forms a title may be found, and how far each is from the title."""

from __future__ import annotations

import pyarrow as pa
import pytest

from pipeline.joining.forms import NEAR, PART, SAME, title_forms
from pipeline.joining.records import STRINGS


def forms(title: str, *alternatives: str) -> dict[str, int]:
    found = title_forms(pa.array([title]), pa.array([list(alternatives)], STRINGS))
    assert len(set(found.text.to_pylist())) == len(found.text)
    return dict(zip(found.text.to_pylist(), found.level.tolist(), strict=True))


@pytest.mark.parametrize(
    ("title", "expected"),
    [
        ("Heat", {"heat": SAME}),
        ("The Matrix", {"the matrix": SAME, "matrix": NEAR}),
        # An alternative in brackets; the brackets may also belong to the title.
        ("Ring (Ringu)", {"ring ringu": SAME, "ring": SAME, "ringu": NEAR}),
        (
            "Postman, The (Postino, Il)",
            {
                "postman the postino il": SAME,
                "the postman": SAME,
                "postman": NEAR,
                "il postino": NEAR,
            },
        ),
        (
            "Hero (a.k.a. Ying) (Jet)",
            {"hero aka ying jet": SAME, "hero": SAME, "ying": NEAR, "jet": NEAR},
        ),
        # Brackets at the start are the title, and those that number or label it are nothing.
        ("(500) Days of Summer", {"500 days of summer": SAME}),
        ("Brazil (TV)", {"brazil tv": SAME, "brazil": SAME}),
        ("Brazil (II)", {"brazil 2": SAME, "brazil": SAME}),
        # Subtitles after a colon or a dash, and owners.
        (
            "Borat: Cultural Learnings",
            {"borat cultural learnings": SAME, "borat": PART, "cultural learnings": PART},
        ),
        ("CB4 - Movie", {"cb4 movie": SAME, "cb4": PART, "movie": PART}),
        ("Spider-Man", {"spider man": SAME}),
        (
            "Tyler Perry's Boo",
            {"tyler perrys boo": SAME, "boo": PART},
        ),
        ("Lee Daniels' Butler", {"lee daniels butler": SAME, "butler": PART}),
        # The part of a number is no title.
        ("Che: Part Two", {"che 2": SAME, "che": PART}),
        # Nothing to compare.
        ("...", {}),
    ],
)
def test_forms(title: str, expected: dict[str, int]) -> None:
    assert forms(title) == expected


def test_alternatives_that_are_known() -> None:
    assert forms("Spirited Away", "Sen to Chihiro") == {
        "spirited away": SAME,
        "sen to chihiro": NEAR,
    }
    # One that is the title is still the title.
    assert forms("Heat", "Heat") == {"heat": SAME}


def test_article_of_a_title_with_subtitle_goes_with_its_head() -> None:
    found = forms("Water Horse: Legend of the Deep, The")
    assert found["the water horse"] == PART
    assert found["legend of the deep"] == PART


def test_rows() -> None:
    found = title_forms(
        pa.array(["Heat", "", "Ring (Ringu)"]), pa.array([[], ["Nothing"], []], STRINGS)
    )
    pairs = set(zip(found.row.tolist(), found.text.to_pylist(), strict=True))
    assert pairs == {(0, "heat"), (1, "nothing"), (2, "ring"), (2, "ring ringu"), (2, "ringu")}
    assert found.take(found.row == 2).key.to_pylist() == ["ringringu", "ring", "ringu"]


def test_no_titles() -> None:
    found = title_forms(pa.array([], pa.string()), pa.array([], STRINGS))
    assert len(found.row) == len(found.text) == 0
