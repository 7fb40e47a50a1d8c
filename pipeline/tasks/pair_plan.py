"""Which two users make a pair: those who rated the same item, some pairs of each item.

A first pass over the shard files that keeps, of each item, the few raters with the smallest hash of
user and item: a uniform sample that no order of users, shards or files can change. Of these
raters in the order of their hashes, each is paired with the next one, then with the next but one,
and so on until there are `pairs_per_item`: every two once, and the raters about equally often.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from pipeline.gather import spans, within
from pipeline.hashing import mixed, seeded_hash
from pipeline.splits.cut import Cut, Split
from schemas.columns import HISTORY_ITEM_ID, HISTORY_RATING, SPLITS, USER_ID
from schemas.config import PrepareConfig

RATERS_HELD = 1 << 20
"""Raters collected before all but each item's best are dropped: 56 MB a split."""

RATER = np.dtype(
    [
        ("item", np.int64),
        ("draw", np.uint64),
        ("user", np.uint64),
        ("target", np.int64),
        ("history", np.int64),
        ("file", np.int64),
        ("row", np.int64),
    ]
)
"""Item row, hash of user and item, hash of the user, position of the rating among the user's own
events, events of the history before it, shard file, row of the user in it."""

SIDES = ("left", "right")


def plan_pairs(
    profiles: Sequence[Path], how: Split, config: PrepareConfig, items: pa.Array, out: Path
) -> dict[str, int]:
    """Writes `pairs-<split>.arrow`, a row per pair, in the order of the items.

    Args:
        profiles: Shard files.
        how: The split; of what is fitted every event may be a target, of requests theirs.
        config: `pairs_per_item`, `task_label` and `seed`.
        items: Ids of the catalogue.
        out: Directory of the files.

    Returns:
        Pairs of each split.
    """
    most = config.pairs_per_item + 1
    samples = {name: _Sample(len(items), most) for name in SPLITS}
    for number, path in enumerate(profiles):
        for row, batch in _batches(path):
            for name in SPLITS:
                found = _raters(batch, how.cut(batch, name), config, items)
                found["file"], found["row"] = number, found["row"] + row
                samples[name].add(found)
    counts = {}
    for name in SPLITS:
        pairs = _pairs(samples[name].best(), config.pairs_per_item)
        with pa.ipc.new_file(str(out / f"pairs-{name}.arrow"), pairs.schema) as writer:
            writer.write(pairs)
        counts[name] = len(pairs)
    return counts


class _Sample:
    """The raters of each item with the smallest draws, each user once."""

    def __init__(self, items: int, most: int):
        self.most = most
        self.kept = np.empty(0, RATER)
        self.new: list[np.ndarray] = []
        # Draws above an item's limit cannot be among its smallest any more.
        self.limit = np.full(items, np.iinfo(np.uint64).max)

    def add(self, raters: np.ndarray) -> None:
        """Takes raters that may be among the smallest; a user's are in their own order."""
        self.new.append(raters[raters["draw"] <= self.limit[raters["item"]]])
        if sum(map(len, self.new)) > RATERS_HELD:
            self.best()

    def best(self) -> np.ndarray:
        """All of them, sorted by item and draw."""
        raters = np.concatenate([self.kept, *self.new])
        item, draw = raters["item"].copy(), raters["draw"].copy()  # strided keys sort slowly
        raters = raters[np.lexsort((draw, item))]
        item, user = raters["item"], raters["user"]
        again = (item[1:] == item[:-1]) & (user[1:] == user[:-1])
        raters = raters[np.concatenate([[True], ~again])[: len(raters)]]
        _, count = np.unique(raters["item"], return_counts=True)
        rank = within(count)
        self.kept, self.new = raters[rank < self.most], []
        full = raters[rank == self.most - 1]
        self.limit[full["item"]] = full["draw"]
        return self.kept


def _raters(
    profiles: pa.RecordBatch, cut: Cut, config: PrepareConfig, items: pa.Array
) -> np.ndarray:
    """Events that a pair may be made of: they have a history and, for a rating label, a rating."""
    if cut.target is None:
        row = np.repeat(np.arange(len(cut.user)), cut.history)
        target = within(cut.history)
        history = target
    else:
        row, target, history = np.arange(len(cut.user)), cut.target, cut.history
    user = cut.user[row]
    event = spans(profiles).first[user] + target
    rating = profiles.column(HISTORY_RATING).flatten().to_numpy(zero_copy_only=False)[event]
    possible = history > 0
    if config.task_label == "explicit":
        possible &= ~np.isnan(rating)
    user, event = user[possible], event[possible]
    item_id = profiles.column(HISTORY_ITEM_ID).flatten().take(pa.array(event))
    found = np.empty(len(user), RATER)
    found["item"] = pc.index_in(item_id, value_set=items).to_numpy()
    found["user"] = seeded_hash(profiles.column(USER_ID), config.seed, "pair user")[user]
    found["draw"] = mixed(found["user"], seeded_hash(item_id, config.seed, "pair item"))
    found["target"], found["history"] = target[possible], history[possible]
    found["row"] = user
    return found


def _pairs(raters: np.ndarray, most: int) -> pa.RecordBatch:
    """Pairs of the raters of each item, `raters` as `_Sample.best` leaves them."""
    _, first, count = np.unique(raters["item"], return_index=True, return_counts=True)
    pairs = np.minimum(most, count * (count - 1) // 2)
    first, count, number = np.repeat(first, pairs), np.repeat(count, pairs), within(pairs)
    left = number % count
    right = (left + number // count + 1) % count
    columns = {"item": raters["item"][first]}
    for side, place in zip(SIDES, (left, right), strict=True):
        for name in ("file", "row", "history", "target"):
            columns[f"{name}_{side}"] = raters[name][first + place]
    return pa.record_batch({name: pa.array(values) for name, values in columns.items()})


def _batches(path: Path) -> Iterator[tuple[int, pa.RecordBatch]]:
    """Each batch of a file with the number of rows before it."""
    row = 0
    with pa.memory_map(str(path)) as source, pa.ipc.open_file(source) as file:
        for number in range(file.num_record_batches):
            batch = file.get_batch(number)
            yield row, batch
            row += len(batch)
