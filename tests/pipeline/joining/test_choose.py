"""Ambiguity: year, then a shared genre, then votes, then nobody; one record for one item."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from pipeline.joining.choose import (
    ALONE,
    GENRE,
    NOTHING,
    TITLE,
    VOTES,
    YEAR,
    Choice,
    Evidence,
    choose,
)
from pipeline.joining.pairs import Pairs

Row = tuple[int, int, int, float, bool, float]
"""Item, record, level, gap, genre, votes."""


def chosen(*rows: Row, allowed: list[bool] | None = None) -> tuple[Pairs, Choice]:
    """The choice among pairs of one score."""
    item, record, level, gap, genre, votes = (
        (np.array(column) for column in zip(*rows, strict=True)) if rows else [np.empty(0)] * 6
    )
    level, gap = level.astype(np.int64), gap.astype(np.float64)
    pairs = Pairs(
        item.astype(np.int64), record.astype(np.int64), level, np.full(len(rows), 100.0), gap
    )
    mask = np.ones(len(rows), bool) if allowed is None else np.array(allowed, bool)
    return pairs, choose(
        pairs, Evidence(level + gap, genre.astype(bool), votes.astype(np.float64), mask)
    )


def taken(*rows: Row, allowed: list[bool] | None = None) -> dict[int, int]:
    """Item to record."""
    pairs, choice = chosen(*rows, allowed=allowed)
    return dict(
        zip(pairs.item[choice.taken].tolist(), pairs.record[choice.taken].tolist(), strict=True)
    )


NAN = float("nan")


def decided(*rows: Row) -> tuple[int, int, int]:
    """Record of item 0, what set the next apart, and the next."""
    pairs, choice = chosen(*rows)
    at = choice.taken[pairs.item[choice.taken] == 0].item()
    return int(pairs.record[at]), int(choice.decided[at]), int(choice.runner_up[at])


def test_one_record() -> None:
    assert decided((0, 7, 0, 0, False, NAN)) == (7, ALONE, -1)


def test_year_comes_before_genre_and_votes() -> None:
    assert decided((0, 1, 0, 1, True, 9e6), (0, 2, 0, 0, False, 3)) == (2, YEAR, 1)


def test_genre_comes_before_votes() -> None:
    assert decided((0, 1, 0, 0, False, 9e6), (0, 2, 0, 0, True, 3)) == (2, GENRE, 1)


def test_votes_are_last_and_some_are_more_than_unknown() -> None:
    assert decided((0, 1, 0, 0, True, 10), (0, 2, 0, 0, True, 11)) == (2, VOTES, 1)
    assert decided((0, 1, 0, 0, True, NAN), (0, 2, 0, 0, True, 0)) == (2, VOTES, 1)


def test_title_and_year_count_together() -> None:
    # The title itself a year off against an alternative title of the year: as far, so the year.
    assert decided((0, 1, 0, 1, True, 5), (0, 2, 1, 0, True, 5)) == (2, YEAR, 1)
    assert decided((0, 1, 0, 0, True, 5), (0, 2, 1, 0, True, 9)) == (1, TITLE, 2)


def test_a_tie_is_left_out() -> None:
    pairs, choice = chosen((0, 1, 0, 0, True, NAN), (0, 2, 0, 0, True, NAN), (3, 9, 0, 0, True, 1))
    assert pairs.item[choice.taken].tolist() == [3]
    assert pairs.item[choice.tied].tolist() == [0]
    assert choice.decided[choice.tied].tolist() == [NOTHING]
    assert choice.runner_up[choice.tied].tolist() == [2]


def test_the_nearer_item_gets_the_record_and_the_other_its_next() -> None:
    assert taken((0, 5, 0, 1, True, 1), (1, 5, 0, 0, True, 1), (0, 6, 1, 1, True, 1)) == {
        0: 6,
        1: 5,
    }


def test_an_item_whose_only_record_is_gone_is_contested() -> None:
    pairs, choice = chosen((0, 5, 0, 1, True, 1), (1, 5, 0, 0, True, 1))
    assert pairs.item[choice.taken].tolist() == [1]
    assert pairs.item[choice.contested].tolist() == [0]


def test_what_is_not_allowed_is_refused() -> None:
    pairs, choice = chosen((0, 5, 0, 9, True, 1), (1, 6, 0, 0, True, 1), allowed=[False, True])
    assert pairs.item[choice.taken].tolist() == [1]
    assert pairs.item[choice.refused].tolist() == [0]


def test_nothing_to_choose_from() -> None:
    pairs, choice = chosen()
    assert len(pairs) == len(choice.taken) == len(choice.refused) == len(choice.tied) == 0


ROWS = st.lists(
    st.tuples(
        st.integers(0, 5),
        st.integers(0, 5),
        st.integers(0, 2),
        st.sampled_from([0.0, 1.0, 2.5]),
        st.booleans(),
        st.sampled_from([NAN, 0.0, 10.0, 99.0]),
        st.booleans(),
    ),
    max_size=30,
    unique_by=lambda row: row[:2],
)


@given(ROWS)
def test_nobody_is_matched_twice_and_every_item_is_accounted_for(
    rows: list[tuple[int, int, int, float, bool, float, bool]],
) -> None:
    pairs, choice = chosen(*(row[:6] for row in rows), allowed=[row[6] for row in rows])
    items, records = pairs.item[choice.taken].tolist(), pairs.record[choice.taken].tolist()
    assert len(set(items)) == len(items)
    assert len(set(records)) == len(records)
    assert all(rows[at][6] for at in choice.taken)
    left = [pairs.item[at].item() for at in (*choice.refused, *choice.tied, *choice.contested)]
    assert sorted(items + left) == sorted({row[0] for row in rows})


@given(ROWS, st.randoms(use_true_random=False))
def test_the_order_of_the_pairs_does_not_matter(
    rows: list[tuple[int, int, int, float, bool, float, bool]], random: object
) -> None:
    shuffled = list(rows)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    assert taken(*(row[:6] for row in rows)) == taken(*(row[:6] for row in shuffled))
