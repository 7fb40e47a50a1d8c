"""Masked sets: what is hidden, what remains, and that the draw is the same everywhere."""

from __future__ import annotations

import dataclasses
from collections import Counter

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from pipeline.gather import gather
from pipeline.splits.cut import fitted
from pipeline.splits.leave_one_out import LeaveOneOut
from pipeline.tasks.random_masking import pick
from schemas.config import PrepareConfig
from tests.pipeline.profiles import People, comparable, people, profiles, rows_of
from tests.pipeline.tasks.build import CONFIG


def is_liked(rating: float) -> bool:
    return rating == -1.0 or rating >= 3.0  # -1: none given


def masked(events_of: People, config: PrepareConfig = CONFIG) -> list[tuple[str, list, tuple]]:  # type: ignore[type-arg]
    batch = profiles(events_of)
    cut = fitted(np.array([len(events) for events in events_of.values()]))
    return rows_of(gather(batch, *pick(batch, cut, config)))  # type: ignore[return-value]


@given(people(), st.integers(1, 4))
def test_hides_liked_items_and_shows_the_rest(events_of: People, masks: int) -> None:
    config = dataclasses.replace(CONFIG, masks_per_user=masks)
    hidden: dict[str, list[object]] = {user: [] for user in events_of}
    for user, history, target in masked(events_of, config):
        events = [comparable(event) for event in events_of[user]]
        assert is_liked(target[1])
        assert history == [event for event in events if event != target]
        hidden[user].append(target)
    for user, events in events_of.items():
        liked = sum(is_liked(comparable(event)[1]) for event in events) if len(events) > 1 else 0
        assert len(set(hidden[user])) == len(hidden[user]) == min(masks, liked)


@given(people(), st.randoms(use_true_random=False))
def test_a_users_draw_depends_on_the_user_alone(events_of: People, random: object) -> None:
    shuffled = list(events_of)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    together = masked({user: events_of[user] for user in shuffled})
    assert sorted(together, key=lambda row: row[0]) == masked(events_of)


def test_draws_are_uniform_and_follow_the_seed() -> None:
    # 3 000 users with the same five items: 600 each, standard deviation 22.
    events_of = {f"u{n}": [(item, 4.0, n) for item in "abcde"] for n in range(3_000)}
    first = masked(events_of)
    counts = Counter(target[0] for _, _, target in first)
    assert set(counts) == set("abcde")
    assert all(abs(count - 600) < 100 for count in counts.values())
    other = masked(events_of, dataclasses.replace(CONFIG, seed=2))
    same = sum(a == b for a, b in zip(first, other, strict=True))
    assert abs(same - 600) < 100
    assert masked(events_of) == first


@given(people())
def test_requests_hide_their_target_if_it_was_liked(events_of: People) -> None:
    batch = profiles(events_of)
    cut = LeaveOneOut(3).cut(batch, "test")
    expected = []
    for user, events in events_of.items():
        events = [comparable(event) for event in events]
        if len(events) > 2 and is_liked(events[-1][1]):
            expected.append((user, events[:-1], events[-1]))
    assert rows_of(gather(batch, *pick(batch, cut, CONFIG))) == expected
