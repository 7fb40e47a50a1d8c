"""User-based against a plain Python version, and who is held out."""

from __future__ import annotations

import dataclasses

import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from pipeline.splits.cut import TAKEN, split
from pipeline.splits.user_based import UserBased
from schemas.columns import SPLITS
from tests.pipeline.profiles import People, comparable, people, profiles, rows_of

HALVES = UserBased(0.3, 0.3, 0.5, 1, 10, "first", 1)


def plain(events_of: People, name: str, how: UserBased) -> list[object]:
    rows: list[object] = []
    part_of = dict(zip(events_of, how.parts(pa.array(events_of)), strict=True))
    for user, events in events_of.items():
        events, part = [comparable(event) for event in events], part_of[user]
        if name in ("train", "fit"):
            known = part == "train" or (name == "fit" and part == "validation")
            rows += [(user, events, None)] if known else []
            continue
        if part != name:
            continue
        early = max(int(len(events) * how.input_share), how.min_history)
        late = events[early:]
        if how.requests_taken == "first":
            late = late[: how.requests_per_user]
        else:
            late = late[-how.requests_per_user :]
        rows += [(user, events[:early], target) for target in late]
    return rows


@given(
    people(),
    st.sampled_from([0.2, 0.5, 0.8]),
    st.integers(0, 3),
    st.integers(1, 4),
    st.sampled_from(TAKEN),
    st.integers(0, 99),
    st.sampled_from(SPLITS),
)
def test_same_as_plain(
    events_of: People, share: float, least: int, most: int, taken: str, seed: int, name: str
) -> None:
    how = UserBased(0.3, 0.3, share, least, most, taken, seed)
    assert rows_of(split(profiles(events_of), name, how)) == plain(events_of, name, how)


def test_by_hand() -> None:
    # Of five events 0.5 is 2, so c, d and e are asked for, each from a and b alone.
    events = [("a", 1.0, 1), ("b", 2.0, 2), ("c", 3.0, 3), ("d", 4.0, 4), ("e", 5.0, 5)]
    everyone = dataclasses.replace(HALVES, test_share=0.999999, validation_share=1e-9)
    batch = profiles({"u": events})
    assert rows_of(split(batch, "test", everyone)) == [
        ("u", events[:2], target) for target in events[2:]
    ]
    for name in ("train", "fit", "validation"):
        assert rows_of(split(batch, name, everyone)) == []
    newest = dataclasses.replace(everyone, requests_per_user=1, requests_taken="newest")
    assert rows_of(split(batch, "test", newest)) == [("u", events[:2], events[4])]


def test_shares() -> None:
    # 10 000 draws with p = 0.3: standard deviation 46.
    parts = HALVES.parts(pa.array([f"user {n}" for n in range(10_000)])).tolist()
    for name, share in (("test", 0.3), ("validation", 0.3), ("train", 0.4)):
        assert abs(parts.count(name) - 10_000 * share) < 200


def test_a_user_keeps_the_part_in_any_batch_and_another_seed_draws_others() -> None:
    users = [f"user {n}" for n in range(200)]
    together = HALVES.parts(pa.array(users)).tolist()
    assert [HALVES.parts(pa.array([user]))[0] for user in users] == together
    assert dataclasses.replace(HALVES, seed=2).parts(pa.array(users)).tolist() != together
    # The same on every machine and in every version: who these are must not change.
    known = "train train validation train train train validation test"
    assert together[:8] == known.split()
