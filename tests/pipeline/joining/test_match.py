"""One source against a catalogue: ids, titles, years, doubts."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.joining.match import match
from pipeline.joining.matches import METHODS, Matches
from schemas.config import JoinConfig
from tests.pipeline.joining.build import film, films

CONFIG = JoinConfig()


def found(items: pa.Table, records: pa.Table, **config: Any) -> list[tuple[str, int]]:
    matches = match(items, records, replace(CONFIG, **config))
    return [
        (METHODS[method], record)
        for method, record in zip(matches.method, matches.record.tolist(), strict=True)
    ]


def reasons(matches: Matches) -> list[tuple[int, str, int, int, str]]:
    return sorted((d.item, d.reason, d.record, d.runner_up, d.decided) for d in matches.doubts)


def test_by_id_whatever_the_title() -> None:
    items = films(film("Ab", 1990, imdb_id="tt0000001"), film("X", 1999, imdb_id="tt0000009"))
    records = films(film("X", 1999, imdb_id="tt0000002"), film("Cd", 1950, imdb_id="tt0000001"))
    # The second item's id is not in the source; the record of its title is another film's.
    assert found(items, records) == [("imdb_id", 1), ("none", -1)]


def test_an_item_with_an_id_takes_a_record_without_one_by_title() -> None:
    items = films(film("Heat", 1995, imdb_id="tt0113277"))
    assert found(items, films(film("Heat", 1995))) == [("exact", 0)]


def test_items_may_share_an_id_and_it_is_reported() -> None:
    items = films(*(film(title, 2000, imdb_id="tt0000001") for title in ("A", "B")))
    matches = match(items, films(film("A", 2000, imdb_id="tt0000001")), CONFIG)
    assert matches.record.tolist() == [0, 0]
    assert [(d.item, d.reason) for d in matches.doubts] == [(0, "shared_id"), (1, "shared_id")]


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        ("Matrix, The", "The Matrix"),
        ("Postino, Il (Postman, The)", "The Postman"),
        ("Amelie", "Amélie"),
        ("Rocky II", "Rocky 2"),
        ("Romeo & Juliet", "Romeo and Juliet"),
        ("Spiderman", "Spider-Man"),
        ("Ring (Ringu)", "Ringu"),
    ],
)
def test_another_spelling_of_the_title(ours: str, theirs: str) -> None:
    assert found(films(film(ours, 1999)), films(film(theirs, 1999))) == [("exact", 0)]


def test_alternative_titles_of_the_record() -> None:
    records = films(film("Spirited Away", 2001, alternative_titles=["Sen to Chihiro"]))
    assert found(films(film("Sen to Chihiro", 2001)), records) == [("exact", 0)]


@pytest.mark.parametrize(("year", "expected"), [(1994, 0), (1995, 0), (1996, 0), (1997, -1)])
def test_the_year_may_be_one_off(year: int, expected: int) -> None:
    matches = match(films(film("Heat", 1995)), films(film("Heat", year)), CONFIG)
    assert matches.record.tolist() == [expected]
    reason = {0: [], 1: ["year_differs"], 2: ["too_far"]}[abs(year - 1995)]
    assert [doubt.reason for doubt in matches.doubts] == reason


def test_the_tolerance_is_a_setting() -> None:
    items, records = films(film("Heat", 1995)), films(film("Heat", 1997))
    assert found(items, records, year_tolerance=2) == [("exact", 0)]


def test_same_title_and_genre_the_year_decides_and_is_reported() -> None:
    items = films(film("Hamlet", 1996, genres=["Drama"]))
    records = films(
        film("Hamlet", 1990, genres=["Drama"], imdb_votes=90_000),
        film("Hamlet", 1996, genres=["Drama"], imdb_votes=10),
        film("Hamlet", 1997, genres=["Drama"], imdb_votes=20),
    )
    matches = match(items, records, CONFIG)
    assert matches.record.tolist() == [1]
    assert reasons(matches) == [(0, "one_of_several", 1, 2, "year")]


def test_same_title_genre_and_year_the_votes_decide_and_are_reported() -> None:
    items = films(film("Chaos", 2005, genres=["Horror"]))
    records = films(
        film("Chaos", 2005, genres=["Horror"], imdb_votes=10),
        film("Chaos", 2005, genres=["Horror"], imdb_votes=2_000),
    )
    matches = match(items, records, CONFIG)
    assert matches.record.tolist() == [1]
    assert reasons(matches) == [(0, "one_of_several", 1, 0, "votes")]


def test_without_votes_it_is_left_out_and_reported() -> None:
    items = films(film("Chaos", 2005))
    matches = match(items, films(film("Chaos", 2005), film("Chaos", 2005)), CONFIG)
    assert matches.record.tolist() == [-1]
    assert reasons(matches) == [(0, "tied", 0, 1, "")]


def test_genres_go_by_several_names() -> None:
    items = films(film("Chaos", 2005, genres=["Sci-Fi", "Children"]))
    records = films(
        film("Chaos", 2005, genres=["Horror"], imdb_votes=10),
        film("Chaos", 2005, genres=["family"], imdb_votes=2),
    )
    matches = match(items, records, CONFIG)
    assert reasons(matches) == [(0, "one_of_several", 1, 0, "genre")]


def test_a_record_goes_to_one_item() -> None:
    items = films(film("Saw", 2004), film("Saw", 2003))
    matches = match(items, films(film("Saw", 2003)), CONFIG)
    assert matches.record.tolist() == [-1, 0]
    assert reasons(matches) == [(0, "contested", 0, -1, "")]


def test_without_a_year_the_title_is_enough_and_is_reported() -> None:
    records = films(film("Heat", 1995), film("The Moon", 2010))
    matches = match(films(film("Heat"), film("Moon")), records, CONFIG)
    # "Moon" is only the title without its article: too little without a year.
    assert matches.record.tolist() == [0, -1]
    assert ("no_year", 0) in {(doubt.reason, doubt.item) for doubt in matches.doubts}


def test_similar_titles_with_their_score() -> None:
    items = films(film("Three Colors: Blue", 1993), film("Dogtown and Z-Boyz", 2001))
    records = films(film("Three Colours: Blue", 1993), film("Dogtown and Z-Boys", 2001))
    # Two strings of 13 and 14 letters and spaces with 13 in common: 2 * 13 / 27 = 0.963.
    # "dogtown and z boyz" against "dogtown and z boys": 2 * 17 / 36 = 0.944, below 95.
    matches = match(items, records, CONFIG)
    assert [METHODS[method] for method in matches.method] == ["fuzzy", "none"]
    assert matches.score[0] == pytest.approx(100 * 2 * 13 / 27, abs=0.01)
    near_miss = next(doubt for doubt in matches.doubts if doubt.reason == "near_miss")
    assert (near_miss.item, near_miss.record) == (1, 1)
    assert near_miss.score == pytest.approx(100 * 2 * 17 / 36, abs=0.01)
    assert found(items, records, min_score=94)[1] == ("fuzzy", 1)
    # A year later it is 89.4, too little to be worth a look.
    assert match(films(film("Dogtown and Z-Boyz", 2002)), records, CONFIG).doubts == []


def test_what_is_found_in_another_way_was_not_left_out() -> None:
    items = films(film("Three Colors: Blue", 1993))
    records = films(film("Three Colors: Blue", 1950), film("Three Colours: Blue", 1993))
    # 2 * 16 / 33 = 97.0: at most five points above the threshold, but more than two.
    matches = match(items, records, CONFIG)
    assert reasons(matches) == [(0, "low_score", 1, -1, "")]
    assert reasons(match(items, records, replace(CONFIG, near_miss=1.0))) == []


def test_similar_titles_of_other_words_order() -> None:
    items, records = (
        films(film("Godzilla vs. Mothra", 1964)),
        films(film("Mothra vs Godzilla", 1964)),
    )
    assert found(items, records) == [("fuzzy", 0)]


@pytest.mark.parametrize(
    ("ours", "theirs", "gap", "expected"),
    [
        # A sequel's number and year are others; a number alone may be left out.
        ("Friday the Thirteens Part 2", "Friday the Thirteens Part 3", 1, "none"),
        ("Friday the Thirteens Part 2", "Friday the Thirteens Part 3", 0, "none"),
        ("Once Upon a Time in China", "Once Upon a Time in China 2", 1, "none"),
        ("Ice Age 2: The Meltdown", "Ice Age: The Meltdown", 0, "fuzzy"),
        # A year costs five points.
        ("The Three Colours Blue", "The Three Colors Blue", 0, "fuzzy"),
        ("The Three Colours Blue", "The Three Colors Blue", 1, "none"),
    ],
)
def test_numbers_and_years_of_similar_titles(
    ours: str, theirs: str, gap: int, expected: str
) -> None:
    [(method, _)] = found(films(film(ours, 1990)), films(film(theirs, 1990 + gap)))
    assert method == expected


def test_only_titles_in_a_common_block_are_compared() -> None:
    items, records = films(film("Colours Abcd", 1990)), films(film("Colors Abcd", 1990))
    assert found(items, records, min_score=90) == [("fuzzy", 0)]
    # Every block of the item is held by two records, more than one.
    twice = films(film("Colors Abcd", 1990), film("Color Abcd", 1990))
    assert found(items, twice, min_score=90, max_block=1) == [("none", -1)]


def test_a_part_of_the_title_in_the_same_year() -> None:
    items = films(film("Borat: Cultural Learnings of America", 2006), film("Orca: The Whale", 1977))
    matches = match(items, films(film("Borat", 2006), film("Orca", 1978)), CONFIG)
    assert [METHODS[method] for method in matches.method] == ["part", "none"]
    assert reasons(matches) == [(0, "part_of_title", 0, -1, "")]


@pytest.mark.parametrize(
    ("ours", "theirs", "expected"),
    [(["Drama"], ["Comedy"], "none"), (["Drama"], ["Drama"], "part"), ([], ["Comedy"], "part")],
)
def test_a_part_of_the_title_needs_a_genre_that_fits(
    ours: list[str], theirs: list[str], expected: str
) -> None:
    items = films(film("Orca: The Whale", 1977, genres=ours))
    [(method, _)] = found(items, films(film("Orca", 1977, genres=theirs)))
    assert method == expected


def test_a_similar_title_is_nearer_than_a_part() -> None:
    items = films(film("Three Colors: Blue", 1993))
    records = films(film("Blue", 1993), film("Three Colours: Blue", 1993))
    assert found(items, records) == [("fuzzy", 1)]


def test_parts_are_not_compared_with_parts() -> None:
    items, records = films(film("Alien: One", 1990)), films(film("Alien: Other", 1990))
    assert found(items, records) == [("none", -1)]


def test_nothing_on_one_side() -> None:
    nothing, one = films(), films(film("Heat", 1995))
    assert found(nothing, one) == []
    assert found(one, nothing) == [("none", -1)]


TITLES = st.sampled_from(
    ["Heat", "The Heat", "Heat (Hot)", "Hot", "Heat II", "Heat: Hot", "Heats", "Hot Heat", "..."]
)
FILMS = st.lists(
    st.builds(
        film,
        TITLES,
        st.sampled_from([None, 1995.0, 1996.0, 1997.0]),
        imdb_id=st.sampled_from(["", "", "tt0000001", "tt0000002"]),
        imdb_votes=st.sampled_from([None, 5.0]),
    ),
    max_size=6,
)


@settings(max_examples=60)
@given(FILMS, FILMS)
def test_no_record_is_given_twice_but_by_id(
    ours: list[dict[str, Any]], theirs: list[dict[str, Any]]
) -> None:
    items, records = films(*ours), films(*theirs)
    matches = match(items, records, CONFIG)
    by_title = matches.record[(matches.record >= 0) & (matches.method != METHODS.index("imdb_id"))]
    by_id = matches.record[matches.method == METHODS.index("imdb_id")]
    assert len(np.unique(by_title)) == len(by_title)
    assert not set(by_title.tolist()) & set(by_id.tolist())
    assert ((matches.record >= 0) == (matches.method > 0)).all()
    for item in np.flatnonzero(matches.record >= 0):
        pair = {ours[item]["imdb_id"], theirs[matches.record[item]]["imdb_id"]} - {""}
        assert len(pair) <= 1
