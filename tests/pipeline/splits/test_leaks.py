"""What must hold of every split: nothing lost, nothing fitted that is asked for, no shard matters.

An event is named by its user and its place in the user's own order, so that ties in time cannot
hide a leak.
"""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.splits.choose import choose_split
from pipeline.splits.cut import Split, split
from pipeline.splits.global_time import GlobalTime
from pipeline.splits.leave_one_out import LeaveOneOut
from pipeline.splits.temporal_user import TemporalUser
from pipeline.splits.user_based import UserBased
from schemas.columns import FITS, REQUESTS, SPLITS
from schemas.config import SPLIT_KINDS, PrepareConfig
from tests.pipeline.profiles import FEW, People, people, profiles, shard_files

ALL = 1_000
EVERY_SPLIT = [
    LeaveOneOut(3),
    GlobalTime(4, 8, 13, 0, ALL, "first"),
    UserBased(0.3, 0.3, 0.5, 1, ALL, "first", 1),
    TemporalUser(0.4, 0.3, 1, ALL, "first"),
]
Place = tuple[str, int]


def name_of(how: Split) -> str:
    return str(how.describe()["kind"])


def places(batch: pa.RecordBatch, how: Split, name: str) -> list[tuple[list[Place], Place | None]]:
    """History and target of each row as places."""
    users = batch.column("user_id").to_pylist()
    cut = how.cut(batch, name)
    targets = cut.target if cut.target is not None else [None] * len(cut.user)
    return [
        ([(users[u], n) for n in range(h)], None if t is None else (users[u], int(t)))
        for u, h, t in zip(cut.user, cut.history, targets, strict=True)
    ]


def fitted(batch: pa.RecordBatch, how: Split, name: str) -> set[Place]:
    return {place for history, _ in places(batch, how, name) for place in history}


def asked(batch: pa.RecordBatch, how: Split, name: str) -> list[Place]:
    return [target for _, target in places(batch, how, name) if target is not None]


@pytest.mark.parametrize("how", EVERY_SPLIT, ids=name_of)
@given(people())
def test_nothing_that_is_asked_for_was_fitted(how: Split, events_of: People) -> None:
    batch = profiles(events_of)
    train, fit = fitted(batch, how, "train"), fitted(batch, how, "fit")
    validation, test = asked(batch, how, "validation"), asked(batch, how, "test")
    assert train.isdisjoint(validation)
    assert train.isdisjoint(test)
    assert fit.isdisjoint(test)
    assert set(validation).isdisjoint(test)
    assert train <= fit
    # A request is asked once.
    assert len(set(validation)) == len(validation)
    assert len(set(test)) == len(test)


@pytest.mark.parametrize("how", EVERY_SPLIT, ids=name_of)
@given(people())
def test_histories_end_before_their_targets(how: Split, events_of: People) -> None:
    batch = profiles(events_of)
    for name in REQUESTS:
        for history, target in places(batch, how, name):
            assert target is not None
            assert all(place[0] == target[0] and place[1] < target[1] for place in history)
        rows = split(batch, name, how)
        for row in rows.to_pylist():
            assert all(time <= row["target_timestamp"] for time in row["history_timestamp"])
            assert row["target_item_id"] not in row["history_item_id"]


@pytest.mark.parametrize("how", EVERY_SPLIT, ids=name_of)
@given(people())
def test_no_event_is_lost(how: Split, events_of: People) -> None:
    """Each event is fitted or asked for, but for the input of user-based requests, which is input.

    Before the test there is no third thing either: `fit` is `train` with what validates.
    """
    batch = profiles(events_of)
    everything = {(user, n) for user, events in events_of.items() for n in range(len(events))}
    inputs = {name: set[Place]() for name in REQUESTS}
    for name in REQUESTS:
        for history, _ in places(batch, how, name):
            inputs[name] |= set(history)
    fit, test = fitted(batch, how, "fit"), asked(batch, how, "test")
    alone = {place for place in everything if _only_event(how, events_of, place)}
    assert fit | set(test) | inputs["test"] | alone == everything
    train, validation = fitted(batch, how, "train"), asked(batch, how, "validation")
    assert train | set(validation) | inputs["validation"] | alone >= fit


def _only_event(how: Split, events_of: People, place: Place) -> bool:
    """A held-out user with one event has nothing to be asked from it."""
    return isinstance(how, UserBased) and len(events_of[place[0]]) == 1


@given(people(), st.integers(0, 9))
def test_user_based_users_are_disjoint(events_of: People, seed: int) -> None:
    how = UserBased(0.3, 0.3, 0.5, 1, ALL, "first", seed)
    batch = profiles(events_of)
    users = {name: set(split(batch, name, how).column("user_id").to_pylist()) for name in SPLITS}
    assert users["fit"].isdisjoint(users["test"])
    assert users["train"].isdisjoint(users["validation"])
    assert users["validation"].isdisjoint(users["test"])


@given(people(), st.integers(1, 6), st.integers(1, 6))
def test_global_time_intervals_are_half_open(events_of: People, first: int, more: int) -> None:
    how = GlobalTime(first, first + more, 13, 0, ALL, "first")
    batch = profiles(events_of)
    intervals = how.describe()
    for name in SPLITS:
        rows = split(batch, name, how)
        column = rows.column("history_timestamp").flatten()
        if name in REQUESTS:
            column = rows.column("target_timestamp")
        low, high = intervals[name]
        times = column.to_numpy()
        assert (times < high).all()
        assert (times >= (-1 if low is None else low)).all()
        # And all that lie inside are there, those on the border too.
        inside = [e for events in events_of.values() for e in events if (low or 0) <= e[2] < high]
        assert len(times) == len(inside)


@pytest.mark.parametrize("kind", SPLIT_KINDS)
@FEW
@given(people(), st.integers(1, 4), st.randoms(use_true_random=False))
def test_shards_do_not_matter(kind: str, events_of: People, shards: int, random: object) -> None:
    """Other shards, files and users in another order: the same rows of every user."""
    config = PrepareConfig(split=kind, test_from=8, validation_from=4, requests_per_user=2)
    events_of["zz"] = [("a", 1.0, 0), ("b", 1.0, 5), ("c", 1.0, 12)]
    shuffled = list(events_of)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    batch = profiles(events_of)
    with TemporaryDirectory() as name:
        paths = shard_files(
            batch.take([list(events_of).index(u) for u in shuffled]), shards, Path(name)
        )
        other, how = choose_split(config, paths[::-1]), choose_split(config, paths)
        parts = [pa.ipc.open_file(path.read_bytes()).read_all().to_batches() for path in paths]
    assert other == how
    for split_name in SPLITS:
        whole = split(batch, split_name, how).to_pylist()
        rows = [r for part in parts for b in part for r in split(b, split_name, how).to_pylist()]
        by_user = sorted(rows, key=lambda row: row["user_id"])  # stable: requests keep their order
        assert str(by_user) == str(whole)


@FEW
@given(people())
def test_cut_offs_by_share_need_no_order(events_of: People) -> None:
    events_of["zz"] = [(item, 1.0, n) for n, item in enumerate("abcdefgh")]
    config = PrepareConfig(split="global_time", test_share=0.25, validation_share=0.25)
    batch = profiles(events_of)
    with TemporaryDirectory() as one, TemporaryDirectory() as other:
        try:
            first = choose_split(config, shard_files(batch, 1, Path(one)))
        except ValueError:
            return  # too many events at one moment
        back = batch.take(np.arange(len(batch))[::-1])
        assert choose_split(config, shard_files(back, 4, Path(other))) == first


def test_fits_are_one_row_per_user() -> None:
    batch = profiles({f"u{n}": [("a", 1.0, 1), ("b", 1.0, 5), ("c", 1.0, 9)] for n in range(9)})
    for how in EVERY_SPLIT:
        for name in FITS:
            users = split(batch, name, how).column("user_id").to_pylist()
            assert len(set(users)) == len(users) > 0
