"""Preparation with users held out and every task, and what follows from it, on the planted data."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import schemas.tf_runtime  # isort: skip  # noqa: F401  before TensorFlow

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import tensorflow as tf

from matinee import Stages
from pipeline.splits.cut import split
from pipeline.splits.user_based import UserBased
from pipeline.tasks.examples import USER_TASKS, user_examples
from pipeline.tasks.facts import load_facts
from schemas.artifacts import Artifact
from schemas.columns import REQUESTS, SPLITS
from tests.conftest import TINY
from tests.planted import write_planted

pytestmark = pytest.mark.slow

CONFIG = dataclasses.replace(
    TINY.prepare,
    split="user_based",
    requests_per_user=3,
    tasks=("sequential", "random_masking", "sliding_windows", "pairs"),
    statistics_features=("genres",),
    pairs_per_item=3,
)
HOW = UserBased(0.1, 0.1, 0.5, 1, 3, "first", 1)
UNHEARD = "librarian"
"""Occupation of one test user and of nobody else."""


@pytest.fixture(scope="module")
def stages(tmp_path_factory: pytest.TempPathFactory) -> Stages:
    retrieval = dataclasses.replace(TINY.retrieval, epochs=2)
    ranking = dataclasses.replace(TINY.ranking, epochs=1)
    config = dataclasses.replace(TINY, prepare=CONFIG, retrieval=retrieval, ranking=ranking)
    return Stages(tmp_path_factory.mktemp("runs") / "held_out", config)


@pytest.fixture(scope="module")
def prepared(stages: Stages, tmp_path_factory: pytest.TempPathFactory) -> Artifact:
    data = write_planted(tmp_path_factory.mktemp("data") / "planted")
    lines = (data.path / "u.user").read_text().splitlines()
    users = pa.array([line.split("|")[0] for line in lines])
    tester = HOW.parts(users).tolist().index("test")
    fields = lines[tester].split("|")
    lines[tester] = "|".join([*fields[:3], UNHEARD, *fields[4:]])
    (data.path / "u.user").write_text("\n".join(lines) + "\n")
    return stages.prepare(data, [])


@pytest.fixture(scope="module")
def profiles(prepared: Artifact) -> pa.RecordBatch:
    table = pq.read_table(prepared.path / "profiles.parquet").combine_chunks()
    return table.to_batches()[0]


def vocabulary(prepared: Artifact, name: str) -> dict[str, int]:
    assets = prepared.path / "transform" / "transform_fn" / "assets"
    return {word: n for n, word in enumerate((assets / name).read_text().splitlines(), start=1)}


def records(directory: Path, kind: str) -> list[dict[str, list[object]]]:
    """Records as plain lists."""
    paths = [str(path) for path in sorted(directory.glob(f"{kind}-?????-of-*.tfrecord.gz"))]
    assert paths
    found = []
    for data in tf.data.TFRecordDataset(paths, "GZIP").as_numpy_iterator():
        features = tf.train.Example.FromString(data).features.feature
        found.append({n: list(getattr(f, f.WhichOneof("kind")).value) for n, f in features.items()})
    return found


def test_tables_are_the_split(prepared: Artifact, profiles: pa.RecordBatch) -> None:
    for name in ("fit", *REQUESTS):
        expected = split(profiles, name, HOW)
        found = pq.read_table(prepared.path / f"{name}.parquet").combine_chunks()
        assert found.to_pylist() == expected.to_pylist()
        assert len(records(prepared.path, name)) == prepared.figures["rows"][name] == len(expected)
    assert prepared.figures["split"]["kind"] == "user_based"
    users = pq.read_table(prepared.path / "test.parquet")["user_id"].to_pylist()
    assert len(users) > len(set(users)) > 3


def test_vocabularies_know_only_the_users_of_train(prepared: Artifact) -> None:
    assert UNHEARD in pq.read_table(prepared.path / "test.parquet")["occupation"].to_pylist()
    words = vocabulary(prepared, "occupation")
    assert len(words) == 4 and UNHEARD not in words
    unknown = {len(words) + 1}  # the out-of-vocabulary bucket
    found = {record["occupation"][0] for record in records(prepared.path, "test")}
    assert found - set(words.values()) == unknown


@pytest.mark.parametrize("name", SPLITS)
@pytest.mark.parametrize("task", USER_TASKS)
def test_records_of_a_task_are_its_examples_transformed(
    prepared: Artifact, profiles: pa.RecordBatch, task: str, name: str
) -> None:
    facts = load_facts(
        prepared.path / "catalogue.parquet", prepared.path / "item_ratings.parquet", ["genres"]
    )
    rows, numbers = user_examples(profiles, task, name, HOW, CONFIG, facts)
    index = vocabulary(prepared, "item_id") | {"": 0}
    expected = [
        {
            "user_id": [row["user_id"].encode()],
            "history_item_id": [index[item] for item in row["history_item_id"]],
            "history_rating": row["history_rating"],
            "history_timestamp": row["history_timestamp"],
            "target_item_id": [index[row["target_item_id"]]],
            "target_rating": [row["target_rating"]],
            "target_timestamp": [row["target_timestamp"]],
        }
        | {column: values[place].tolist() for column, values in numbers.items()}
        for place, row in enumerate(rows.to_pylist())
    ]
    found = records(prepared.path / "tasks", f"{task}-{name}")
    assert len(found) == prepared.figures["examples"][f"{task}-{name}"] > 0
    assert all(record["gender"] and record["age"] and record["occupation"] for record in found)
    known = [{column: record[column] for column in expected[0]} for record in found]
    assert sorted(map(_text, known)) == sorted(map(_text, expected))


def _text(record: dict[str, list[object]]) -> str:
    return repr(sorted(record.items()))


@pytest.mark.parametrize("name", SPLITS)
def test_records_of_pairs(prepared: Artifact, profiles: pa.RecordBatch, name: str) -> None:
    index = vocabulary(prepared, "item_id")
    events = {
        (row["user_id"].encode(), index[item]): (place, rating)
        for row in profiles.to_pylist()
        for place, (item, rating) in enumerate(
            zip(row["history_item_id"], row["history_rating"], strict=True)
        )
    }
    found = records(prepared.path / "tasks", f"pairs-{name}")
    assert len(found) == prepared.figures["examples"][f"pairs-{name}"] > 0
    for record in found:
        sides = [(record[f"user_id_{side}"][0], *record["target_item_id"]) for side in SIDES]
        assert sides[0] < sides[1]
        (left, left_rating), (right, right_rating) = (events[side] for side in sides)
        assert record["target_label"] == [(left_rating + right_rating) / 2]
        if name not in REQUESTS:
            assert len(record["history_item_id_left"]) == min(left, 50)
            assert len(record["history_item_id_right"]) == min(right, 50)
        for side in SIDES:
            assert record[f"history_count_{side}"] == [len(record[f"history_item_id_{side}"])]
            assert len(record[f"history_genres_mean_{side}"]) == 6
            assert record[f"occupation_{side}"][0] > 0  # type: ignore[operator]


SIDES = ("left", "right")


def test_models_are_fitted_and_measured(stages: Stages, prepared: Artifact) -> None:
    """Several requests of a user, and users whom no model has seen."""
    stages.train_retrieval()
    stages.index()
    stages.train_ranking()
    figures = stages.evaluate().figures
    assert figures["protocol"]["split"] == prepared.figures["split"]
    # Retrieval returns as many candidates as there are items, so no target is missed.
    assert figures["two_stage"]["hr@200"] == 1.0
    assert np.isfinite(
        [value for f in figures.values() for value in f.values() if isinstance(value, float)]
    ).all()
