"""What must hold of every task under every split.

The tests change what must not be seen and look whether anything that must not move has moved.
"""

from __future__ import annotations

import dataclasses
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from pipeline.splits.cut import Split
from pipeline.tasks.examples import USER_TASKS, user_examples
from pipeline.tasks.pair_plan import plan_pairs
from pipeline.tasks.pairs import pair_examples
from schemas.columns import SPLITS
from schemas.config import TASKS, PrepareConfig
from tests.pipeline.profiles import FEW, People, people, profiles, shard_files
from tests.pipeline.tasks.build import (
    CATALOGUE,
    CONFIG,
    EVERY_SPLIT,
    IMPLICIT,
    facts_of,
    name_of,
)

FEWER = dataclasses.replace(CONFIG, pairs_per_item=1_000, masks_per_user=10)
Example = dict[str, Any]


def examples(events_of: People, task: str, how: Split, config: PrepareConfig) -> dict[str, list]:  # type: ignore[type-arg]
    """Everything that a task makes of each split, rows and numbers, as plain values."""
    batch = profiles(events_of)
    facts = facts_of(batch, how)
    if task in USER_TASKS:
        return {
            name: plain(*user_examples(batch, task, name, how, config, facts)) for name in SPLITS
        }
    found = {}
    with TemporaryDirectory() as directory:
        paths = shard_files(batch, 2, Path(directory))
        plan_pairs(paths, how, config, CATALOGUE.column("item_id"), Path(directory))
        for name in SPLITS:
            file = (Path(directory) / f"pairs-{name}.arrow").read_bytes()
            plan = pa.ipc.open_file(file).get_batch(0)
            made = pair_examples(plan, paths, how, config, facts) if len(plan) else None
            found[name] = plain(*made) if made else []
    return found


def plain(rows: pa.RecordBatch, numbers: dict[str, np.ndarray]) -> list[Example]:
    return [
        row | {n: v[i].tolist() for n, v in numbers.items()}
        for i, row in enumerate(rows.to_pylist())
    ]


def same(left: object, right: object) -> bool:
    return repr(left) == repr(right)  # NaN is NaN here


def targets(events_of: People, how: Split, name: str) -> set[tuple[str, int]]:
    cut, users = how.cut(profiles(events_of), name), list(events_of)
    assert cut.target is not None
    return {(users[user], int(place)) for user, place in zip(cut.user, cut.target, strict=True)}


def rated(events_of: People, places: set[tuple[str, int]], rating: float) -> People:
    return {
        user: [
            (item, rating if (user, n) in places else given, time)
            for n, (item, given, time) in enumerate(events)
        ]
        for user, events in events_of.items()
    }


@pytest.mark.parametrize("task", TASKS)
@pytest.mark.parametrize("how", EVERY_SPLIT, ids=name_of)
@FEW
@given(people(), st.sampled_from([FEWER, IMPLICIT]))
def test_no_held_out_rating_is_in_anything_made_before(
    how: Split, task: str, events_of: People, config: PrepareConfig
) -> None:
    """Other ratings of all test targets, then of all validation targets."""
    test = targets(events_of, how, "test")
    low = examples(rated(events_of, test, 1.0), task, how, config)
    high = examples(rated(events_of, test, 5.0), task, how, config)
    for name in ("train", "fit", "validation"):
        assert same(low[name], high[name])
    validation = targets(events_of, how, "validation")
    low = examples(rated(events_of, validation, 1.0), task, how, config)
    high = examples(rated(events_of, validation, 5.0), task, how, config)
    assert same(low["train"], high["train"])


@pytest.mark.parametrize("task", TASKS)
@pytest.mark.parametrize("how", EVERY_SPLIT, ids=name_of)
@FEW
@given(people(), st.data())
def test_no_example_sees_its_own_rating(
    how: Split, task: str, events_of: People, data: st.DataObject
) -> None:
    """Two ratings of one event: an example that has it as target differs in label alone."""
    user = data.draw(st.sampled_from(sorted(events_of)))
    place = data.draw(st.integers(0, len(events_of[user]) - 1))
    item = events_of[user][place][0]
    low = examples(rated(events_of, {(user, place)}, 4.0), task, how, FEWER)
    high = examples(rated(events_of, {(user, place)}, 5.0), task, how, FEWER)
    met = 0
    for name in SPLITS:
        for left, right in zip(low[name], high[name], strict=True):
            if (left["user_id"], left["target_item_id"]) != (user, item):
                continue
            met += 1
            assert left.pop("target_rating") == 4.0 and right.pop("target_rating") == 5.0
            assert left.pop("target_label") != right.pop("target_label")
            assert same(left, right)
    assume(met)


@pytest.mark.parametrize("task", TASKS)
@pytest.mark.parametrize("how", EVERY_SPLIT, ids=name_of)
@FEW
@given(people())
def test_inputs_are_of_the_user_and_of_the_split(how: Split, task: str, events_of: People) -> None:
    """And but for masked sets they precede the target in the user's own order."""
    made = examples(events_of, task, how, FEWER)
    batch = profiles(events_of)
    for name in SPLITS:
        cut, users = how.cut(batch, name), list(events_of)
        fitted = {users[u]: int(h) for u, h in zip(cut.user, cut.history, strict=True)}
        for example in made[name]:
            order = [event[0] for event in events_of[example["user_id"]]]
            places = [order.index(item) for item in example["history_item_id"] if item]
            target = order.index(example["target_item_id"])
            assert places == sorted(set(places))
            assert target not in places
            if cut.target is None:
                assert max([*places, target]) < fitted[example["user_id"]]
            if cut.target is not None or task != "random_masking":
                assert all(place < target for place in places)


@pytest.mark.parametrize("task", TASKS)
@FEW
@given(people())
def test_labels(task: str, events_of: People) -> None:
    for how in EVERY_SPLIT:
        for example in (
            e for made in examples(events_of, task, how, CONFIG).values() for e in made
        ):
            assert example["target_label"][0] >= 1.0  # no event without a rating
            if task == "random_masking":
                assert example["target_label"] == [example["target_rating"]]
        for example in (
            e for made in examples(events_of, task, how, IMPLICIT).values() for e in made
        ):
            assert example["target_label"][0] in (0.0, 1.0)
