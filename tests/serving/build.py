"""Small prepared files and indexes, written down as lists."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from schemas.artifacts import LATEST, Artifact, build, open_artifact
from schemas.card_tables import EventTable, FileFormat, ItemTable, UserTable
from schemas.cards import Card, Feature, FeatureKind, RatingScale
from schemas.config import IndexConfig
from serving.run_versions import STAGES
from towers.index import build_index

NAN = float("nan")

CARD = Card(
    name="test",
    events=EventTable(
        files=("events.csv",),
        format=FileFormat.CSV,
        user_id="user",
        item_id="item",
        rating="stars",
    ),
    rating=RatingScale(1.0, 5.0),
    items=ItemTable(files=("items.csv",), format=FileFormat.CSV, item_id="item"),
    users=UserTable(files=("users.csv",), format=FileFormat.CSV, user_id="user"),
    user_features={
        "gender": Feature(kind=FeatureKind.CATEGORICAL),
        "age": Feature(kind=FeatureKind.NUMERIC),
        "nickname": Feature(kind=FeatureKind.DISPLAY),
    },
    item_features={
        "title": Feature(kind=FeatureKind.DISPLAY),
        "genres": Feature(kind=FeatureKind.MULTI_CATEGORICAL),
        "year": Feature(kind=FeatureKind.NUMERIC),
    },
)


def write_catalogue(path: Path, items: Sequence[tuple[Any, ...]]) -> Path:
    """Rows of (item_id, title, genres, year, train_count)."""
    item_id, title, genres, year, train_count = zip(*items, strict=True)
    table = {
        "item_id": list(item_id),
        "title": list(title),
        "genres": pa.array(genres, pa.list_(pa.string())),
        "year": pa.array(year, pa.float32()),
        "train_count": pa.array(train_count, pa.int64()),
    }
    pq.write_table(pa.table(table), path / "catalogue.parquet")
    return path / "catalogue.parquet"


def write_profiles(path: Path, users: Sequence[tuple[Any, ...]]) -> Path:
    """Rows of (user_id, gender, age, item ids, ratings, timestamps)."""
    user_id, gender, age, item_ids, ratings, timestamps = zip(*users, strict=True)
    table = {
        "user_id": list(user_id),
        "gender": list(gender),
        "age": pa.array(age, pa.float32()),
        "history_item_id": pa.array(item_ids, pa.list_(pa.string())),
        "history_rating": pa.array(ratings, pa.list_(pa.float32())),
        "history_timestamp": pa.array(timestamps, pa.list_(pa.int64())),
    }
    pq.write_table(pa.table(table), path / "profiles.parquet")
    return path / "profiles.parquet"


def copied_run(run: Path, copy: Path) -> Path:
    """A run directory of its own, with the latest builds of another: to build on, or to spoil."""
    for stage in STAGES:
        artifact = open_artifact(run / stage)
        shutil.copytree(artifact.path, copy / stage / artifact.version)
        (copy / stage / LATEST).symlink_to(artifact.version)
    return copy


def make_index(
    root: Path, vectors: np.ndarray, queries: np.ndarray, config: IndexConfig
) -> Artifact:
    """An index artefact over items i0, i1, ..."""
    ids = [f"i{row}" for row in range(len(vectors))]
    return build(
        root, "index", config, {}, [], lambda out: build_index(ids, vectors, queries, config, out)
    )
