"""A catalogue, and the facts that preparation derives from profiles."""

from __future__ import annotations

import dataclasses

import numpy as np
import pyarrow as pa

from pipeline.item_counts import ItemCounts
from pipeline.splits.cut import Split, split
from pipeline.splits.global_time import GlobalTime
from pipeline.splits.leave_one_out import LeaveOneOut
from pipeline.splits.user_based import UserBased
from pipeline.tasks.facts import ItemFacts, feature_values
from schemas.config import PrepareConfig
from tests.pipeline.profiles import ITEMS

GENRES = [["x"], ["x", "y"], ["y"], [], ["z"], ["x", "z"], ["y"], ["x"], [], ["z", "y"]]
"""Of the items a, b, c, ..."""

CATALOGUE = pa.record_batch(
    {
        "item_id": pa.array(list(ITEMS)),
        "genres": pa.array(GENRES, pa.list_(pa.string())),
        "language": pa.array(["en", "", "fr", "en", "", "en", "fr", "en", "de", "de"]),
        "year": pa.array(np.arange(10, dtype=np.float32)),
    }
)

CONFIG = PrepareConfig(
    tasks=("sequential", "random_masking", "sliding_windows", "pairs"),
    statistics_features=("genres",),
)
IMPLICIT = dataclasses.replace(CONFIG, task_label="implicit")

EVERY_SPLIT: list[Split] = [
    LeaveOneOut(3),
    GlobalTime(4, 8, 13, 1, 5, "first"),
    UserBased(0.3, 0.3, 0.5, 1, 5, "first", 1),
]


def name_of(how: Split) -> str:
    """For the names of parametrised tests."""
    return str(how.describe()["kind"])


def facts_of(profiles: pa.RecordBatch, how: Split) -> ItemFacts:
    """What `prepare` would know of the items."""
    counts = ItemCounts(CATALOGUE.column("item_id"))
    counts.add(split(profiles, "train", how))
    values = feature_values(pa.Table.from_batches([CATALOGUE]), "genres")
    return ItemFacts(counts.item_id, counts.rated, counts.rating_sum, {"genres": values})
