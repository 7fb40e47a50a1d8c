"""Pairs: which there are, how many, and what each holds."""

from __future__ import annotations

import dataclasses
import math
from collections import Counter, defaultdict
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.splits.cut import Split
from pipeline.splits.leave_one_out import LeaveOneOut
from pipeline.tasks import pair_plan
from pipeline.tasks.pair_plan import plan_pairs
from pipeline.tasks.pairs import pair_examples
from schemas.columns import SPLITS
from schemas.config import PrepareConfig
from tests.pipeline.profiles import (
    FEW,
    Event,
    People,
    comparable,
    people,
    profiles,
    rows_of,
    shard_files,
)
from tests.pipeline.tasks.build import CATALOGUE, CONFIG, EVERY_SPLIT, IMPLICIT, facts_of, name_of

Side = tuple[str, list[Event], Event]
Pair = tuple[Side, Side, float]
"""Left user, right user, label."""

ALL_OF_THEM = dataclasses.replace(CONFIG, pairs_per_item=1_000, pair_history_len=1_000)


def pairs(
    events_of: People, how: Split, config: PrepareConfig, shards: int = 2, backwards: bool = False
) -> dict[str, list[Pair]]:
    """The pairs of each split, through shard files."""
    batch = profiles(events_of)
    facts = facts_of(batch, how)
    with TemporaryDirectory() as name:
        paths = shard_files(batch, shards, Path(name))[:: -1 if backwards else 1]
        plan_pairs(paths, how, config, CATALOGUE.column("item_id"), Path(name))
        found: dict[str, list[Any]] = {}
        for split in SPLITS:
            plan = pa.ipc.open_file((Path(name) / f"pairs-{split}.arrow").read_bytes()).get_batch(0)
            if not len(plan):
                found[split] = []
                continue
            rows, numbers = pair_examples(plan, paths, how, config, facts)
            sides = rows_of(rows)
            labels = numbers["target_label"]
            assert np.array_equal(labels[::2], labels[1::2])
            found[split] = list(zip(sides[::2], sides[1::2], labels[::2, 0].tolist(), strict=True))
    return found


def plain(events_of: People, implicit: bool) -> dict[frozenset[str], tuple[Side, Side, float]]:
    """All pairs of fitted events (user and item of each name one) with a history."""
    raters = defaultdict(list)
    for user, events in events_of.items():
        for place, event in enumerate(map(comparable, events)):
            if place and (implicit or event[1] != -1.0):
                raters[event[0]].append((user, [comparable(e) for e in events[:place]], event))
    return {
        frozenset((left[0] + left[2][0], right[0] + right[2][0])): (left, right, 0.0)
        for same in raters.values()
        for left in same
        for right in same
        if left[0] < right[0]
    }


@pytest.mark.parametrize(
    "config", [ALL_OF_THEM, dataclasses.replace(ALL_OF_THEM, task_label="implicit")]
)
@FEW
@given(people())
def test_all_pairs_each_once(config: PrepareConfig, events_of: People) -> None:
    few = LeaveOneOut(99)  # which fits all events
    expected = plain(events_of, config.task_label == "implicit")
    found = pairs(events_of, few, config)["train"]
    assert len(found) == len(expected)
    for left, right, label in found:
        wanted = expected.pop(frozenset((left[0] + left[2][0], right[0] + right[2][0])))
        assert (left, right) == wanted[:2]  # histories cut off before the own rating, left < right
        ratings = [side[2][1] for side in (left, right) if side[2][1] != -1.0]
        mean = sum(ratings) / len(ratings) if ratings else math.nan
        if config.task_label == "implicit":
            assert label == (0.0 if mean < 3.0 else 1.0)
        else:
            assert label == mean


@FEW
@given(people(), st.integers(1, 8))
def test_at_most_so_many_of_an_item(events_of: People, most: int) -> None:
    few = LeaveOneOut(99)
    config = dataclasses.replace(ALL_OF_THEM, pairs_per_item=most)
    possible = Counter(left[2][0] for left, _, _ in plain(events_of, False).values())
    found = pairs(events_of, few, config)["train"]
    taken = Counter(left[2][0] for left, _, _ in found)
    assert taken == {item: min(most, count) for item, count in possible.items()}
    assert len({(left[0], right[0], left[2][0]) for left, right, _ in found}) == len(found)
    assert all(left[0] < right[0] and left[2][0] == right[2][0] for left, right, _ in found)


@pytest.mark.parametrize("how", EVERY_SPLIT, ids=name_of)
@FEW
@given(people(), st.integers(2, 5), st.booleans())
def test_shards_and_their_order_do_not_matter(
    how: Split, events_of: People, shards: int, backwards: bool
) -> None:
    config = dataclasses.replace(CONFIG, pairs_per_item=2)
    one = pairs(events_of, how, config, 1)
    other = pairs(events_of, how, config, shards, backwards)
    for name in SPLITS:
        assert sorted(one[name]) == sorted(other[name])


def test_dropping_raters_early_changes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    events_of = {f"u{n:02d}": [("a", 1.0, 0), ("b", 2.0, n), ("c", 4.0, 20)] for n in range(30)}
    config = dataclasses.replace(CONFIG, pairs_per_item=3)
    whole = pairs(events_of, LeaveOneOut(99), config)
    assert len(whole["train"]) == 6
    monkeypatch.setattr(pair_plan, "RATERS_HELD", 5)
    assert pairs(events_of, LeaveOneOut(99), config) == whole


def test_a_popular_item_takes_many_raters_and_the_seed_others() -> None:
    events_of = {f"u{n:03d}": [("a", 1.0, 0), ("b", 2.0, 1)] for n in range(200)}
    config = dataclasses.replace(CONFIG, pairs_per_item=50)
    found = pairs(events_of, LeaveOneOut(99), config)["train"]
    raters = Counter(side[0] for left, right, _ in found for side in (left, right))
    # Fifty pairs in a chain: 51 people, nobody more than twice.
    assert (len(raters), max(raters.values())) == (51, 2)
    other = pairs(events_of, LeaveOneOut(99), dataclasses.replace(config, seed=2))["train"]
    assert {side[0] for pair in other for side in pair[:2]} != set(raters)


def test_histories_keep_their_newest_events() -> None:
    events = [(item, 3.0, n) for n, item in enumerate("abcdef")]
    config = dataclasses.replace(CONFIG, pair_history_len=2)
    found = pairs({"u": events, "v": events}, LeaveOneOut(99), config)["train"]
    by_item = {left[2][0]: left[1] for left, _, _ in found}
    assert by_item == {item: events[max(0, n - 2) : n] for n, item in enumerate("abcdef") if n}


@FEW
@given(people())
def test_held_out_pairs_share_a_held_out_item(events_of: People) -> None:
    how = LeaveOneOut(3)
    found = pairs(events_of, how, dataclasses.replace(IMPLICIT, pairs_per_item=1_000))
    for name, place in (("validation", -2), ("test", -1)):
        asked = {u: comparable(e[place]) for u, e in events_of.items() if len(e) >= 3}
        assert all(asked[side[0]] == side[2] for pair in found[name] for side in pair[:2])
        counts = Counter(event[0] for event in asked.values())
        assert len(found[name]) == sum(n * (n - 1) // 2 for n in counts.values())
