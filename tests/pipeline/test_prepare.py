"""The prepare stage on the planted data: contents, counts, no leak."""

from __future__ import annotations

import json
from collections import Counter

import schemas.tf_runtime  # isort: skip  # noqa: F401  before TensorFlow

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest
import tensorflow as tf
from google.protobuf import text_format
from tensorflow_metadata.proto.v0 import schema_pb2

from schemas.artifacts import Artifact, verify
from schemas.cards import CARDS, card_from_dict, load_card
from schemas.columns import REQUESTS

USER_FEATURES = ["gender", "age", "occupation"]


@pytest.fixture(scope="module")
def truth(planted: Artifact) -> dict[str, list[tuple[str, float, int]]]:
    """Each user's events by a stable sort of the file, in plain Python."""
    events: dict[str, list[tuple[str, float, int]]] = {}
    for line in (planted.path / "u.data").read_text().splitlines():
        user, item, rating, time = line.split("\t")
        events.setdefault(user, []).append((item, float(rating), int(time)))
    return {user: sorted(events[user], key=lambda event: event[2]) for user in sorted(events)}


def table(prepared: Artifact, name: str) -> pd.DataFrame:
    return pq.read_table(prepared.path / f"{name}.parquet").to_pandas()


def records(prepared: Artifact, name: str) -> list[dict[str, list[object]]]:
    """Transformed records as plain lists, sorted by `user_id` or `item_id`."""
    paths = [str(path) for path in sorted(prepared.path.glob(f"{name}*.tfrecord.gz"))]
    found = []
    for data in tf.data.TFRecordDataset(paths, "GZIP").as_numpy_iterator():
        features = tf.train.Example.FromString(data).features.feature
        found.append({n: list(getattr(f, f.WhichOneof("kind")).value) for n, f in features.items()})
    key = "item_id" if name == "items" else "user_id"
    return sorted(found, key=lambda record: record[key])


def vocabulary(prepared: Artifact, name: str) -> dict[str, int]:
    assets = prepared.path / "transform" / "transform_fn" / "assets"
    return {word: n for n, word in enumerate((assets / name).read_text().splitlines(), start=1)}


def events_of(row: object) -> list[tuple[str, float, int]]:
    columns = (row.history_item_id, row.history_rating, row.history_timestamp)  # type: ignore[attr-defined]
    return list(zip(*columns, strict=True))


def test_profiles_are_the_sorted_file(
    prepared: Artifact, truth: dict[str, list[tuple[str, float, int]]]
) -> None:
    profiles = table(prepared, "profiles")
    assert profiles.columns.tolist()[:4] == ["user_id", *USER_FEATURES]
    assert profiles.user_id.tolist() == list(truth)
    for row in profiles.itertuples():
        assert events_of(row) == truth[row.user_id]


@pytest.mark.parametrize(("name", "held_out"), [("validation", 2), ("test", 1)])
def test_requests(
    prepared: Artifact,
    truth: dict[str, list[tuple[str, float, int]]],
    name: str,
    held_out: int,
) -> None:
    requests = table(prepared, name)
    assert requests.user_id.tolist() == list(truth)
    for row in requests.itertuples():
        events = truth[row.user_id]
        assert events_of(row) == events[:-held_out]
        target = (row.target_item_id, row.target_rating, row.target_timestamp)
        assert target == events[-held_out]


def test_train_count_has_no_held_out_event(
    prepared: Artifact, truth: dict[str, list[tuple[str, float, int]]]
) -> None:
    expected = Counter(event[0] for events in truth.values() for event in events[:-2])
    catalogue = table(prepared, "catalogue")
    assert catalogue.item_id.tolist() == sorted(catalogue.item_id)
    assert catalogue.train_count.tolist() == [expected[item] for item in catalogue.item_id]


@pytest.mark.parametrize(("name", "held_out"), [("train", 2), ("fit", 1)])
def test_fitted_records_have_no_held_out_event(
    prepared: Artifact,
    truth: dict[str, list[tuple[str, float, int]]],
    name: str,
    held_out: int,
) -> None:
    index = vocabulary(prepared, "item_id")
    found = records(prepared, name)
    assert [record["user_id"][0] for record in found] == [user.encode() for user in truth]
    for record, events in zip(found, truth.values(), strict=True):
        assert record["history_item_id"] == [index[event[0]] for event in events[:-held_out]]
        assert record["history_rating"] == [event[1] for event in events[:-held_out]]
        assert record["history_timestamp"] == [event[2] for event in events[:-held_out]]
        assert not any(name.startswith("target_") for name in record)


@pytest.mark.parametrize("name", REQUESTS)
def test_records_are_the_raw_requests_transformed(prepared: Artifact, name: str) -> None:
    index, genders = vocabulary(prepared, "item_id"), vocabulary(prepared, "gender")
    found = records(prepared, name)
    requests = table(prepared, name)
    assert len(found) == len(requests) == prepared.figures["rows"][name]
    for record, row in zip(found, requests.itertuples(), strict=True):
        assert record["history_item_id"] == [index[item] for item in row.history_item_id]
        assert record["target_item_id"] == [index[row.target_item_id]]
        assert record["target_rating"] == [row.target_rating]
        assert record["target_timestamp"] == [row.target_timestamp]
        assert record["gender"] == [genders[row.gender]]
        assert set(record) == {
            *("user_id", "gender", "age", "occupation", "target_item_id", "target_rating"),
            *("history_item_id", "history_rating", "history_timestamp", "target_timestamp"),
            *("history_weekday", "history_hour", "history_gap"),
        }


def test_items(prepared: Artifact) -> None:
    catalogue = table(prepared, "catalogue")
    ids, genres = vocabulary(prepared, "item_id"), vocabulary(prepared, "genres")
    assert set(ids) == set(catalogue.item_id)
    by_id = {record["item_id"][0]: record for record in records(prepared, "items")}
    assert len(by_id) == len(catalogue)
    for row in catalogue.itertuples():
        record = by_id[ids[row.item_id]]
        assert record["genres"] == [genres[genre] for genre in row.genres]
        assert (record["year"][0] == 0) == np.isnan(row.year)
    assert catalogue.title[0] == "L'été de la série 1, épisode 1"
    assert catalogue.year.isna().sum() == 1


def test_a_bucket_holds_a_tenth(prepared: Artifact) -> None:
    ages = [record["age"][0] for record in records(prepared, "train")]
    # 120 users in 10 quantile buckets are 12 each; whole years tie, so allow half as many more.
    counts = np.bincount(ages, minlength=11)
    assert counts[0] == 0
    assert (counts[1:] >= 6).all() and (counts[1:] <= 18).all()


def test_figures_and_files(prepared: Artifact, planted: Artifact) -> None:
    verify(prepared)
    lines = len((planted.path / "u.data").read_text().splitlines())
    assert prepared.figures["rows"] == {
        **{"read": lines, "accepted": lines, "rejected": 0, "users": 120, "items": 150},
        **{"train": 120, "fit": 120, "validation": 120, "test": 120},
    }
    for name in ("item_id", "genres", "gender", "occupation"):
        # padding, the vocabulary, one bucket for what it does not hold
        assert prepared.figures["sizes"][name] == 1 + len(vocabulary(prepared, name)) + 1
    assert prepared.figures["sizes"]["age"] == prepared.figures["sizes"]["year"] == 11
    assert (prepared.path / "rejects" / "rejects.jsonl").read_text() == ""
    assert not (prepared.path / "work").exists()


def test_card_and_schema(prepared: Artifact) -> None:
    card = card_from_dict(json.loads((prepared.path / "card.json").read_text()), "card.json")
    assert card == load_card(CARDS / "ml-100k.toml")
    schema = text_format.Parse((prepared.path / "schema.pbtxt").read_text(), schema_pb2.Schema())
    tensors = schema.tensor_representation_group[""].tensor_representation
    kinds = {name: tensor.WhichOneof("kind") for name, tensor in tensors.items()}
    assert kinds["history_item_id"] == kinds["genres"] == "ragged_tensor"
    assert kinds["item_id"] == kinds["age"] == "dense_tensor"
    assert {feature.name for feature in schema.feature} == set(kinds)
