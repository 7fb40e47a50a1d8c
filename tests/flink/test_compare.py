"""The comparison sees what differs, and only that."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import schemas.tf_runtime  # isort: skip  # noqa: F401  before TensorFlow

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import tensorflow as tf

from tests.flink.compare import differences

ROWS = [("ann", [1.0, float("nan")]), ("bea", [2.5]), ("cid", [])]


def write_records(path: Path, rows: list[tuple[str, list[float]]]) -> None:
    with tf.io.TFRecordWriter(str(path), "GZIP") as writer:
        for user, ratings in rows:
            features = {
                "user_id": tf.train.Feature(bytes_list=tf.train.BytesList(value=[user.encode()])),
                "history_rating": tf.train.Feature(float_list=tf.train.FloatList(value=ratings)),
            }
            example = tf.train.Example(features=tf.train.Features(feature=features))
            writer.write(example.SerializeToString())


def write_table(path: Path, years: list[float]) -> None:
    lists = pa.array([[year, float("nan")] for year in years], pa.list_(pa.float32()))
    pq.write_table(pa.table({"year": pa.array(years, pa.float32()), "rated": lists}), path)


@pytest.fixture
def directories(tmp_path: Path) -> tuple[Path, Path]:
    """The same content twice, with the records in other shards and another order."""
    first, second = tmp_path / "first", tmp_path / "second"
    (first / "transform" / "assets").mkdir(parents=True)
    (first / "transform" / "assets" / "genres").write_text("Drama\nComedy\n")
    (first / "transform" / "saved_model.pb").write_bytes(b"\x80one")
    (first / "manifest.json").write_text(json.dumps({"seconds": 1.5, "figures": {"rows": 3}}))
    write_table(first / "catalogue.parquet", [1995.0, float("nan")])
    write_records(first / "train-00000-of-00002.tfrecord.gz", ROWS[:2])
    write_records(first / "train-00001-of-00002.tfrecord.gz", ROWS[2:])
    shutil.copytree(first, second)
    (second / "manifest.json").write_text(json.dumps({"seconds": 9.0, "figures": {"rows": 3}}))
    (second / "transform" / "saved_model.pb").write_bytes(b"\x80two")
    (second / "train-00001-of-00002.tfrecord.gz").unlink()
    write_records(second / "train-00000-of-00002.tfrecord.gz", ROWS[::-1])
    return first, second


def test_a_record_in_another_split_is_seen(directories: tuple[Path, Path]) -> None:
    for directory, of_train in zip(directories, (2, 1), strict=True):
        (directory / "tasks").mkdir()
        for split, rows in (("train", ROWS[:of_train]), ("test", ROWS[of_train:])):
            name = f"pairs-{split}-00000-of-00001.tfrecord.gz"
            write_records(directory / "tasks" / name, rows)
    found = "\n".join(differences(*directories))
    assert "tasks/pairs-train.tfrecord.gz: expected 2 rows, got 1" in found
    assert "tasks/pairs-test.tfrecord.gz: expected 1 rows, got 2" in found


def test_the_same_in_other_shards(directories: tuple[Path, Path]) -> None:
    assert differences(*directories) == []


RECORDS = "train-00000-of-00002.tfrecord.gz"
NEXT = float(np.nextafter(np.float32(2.5), np.float32(3)))


@pytest.mark.parametrize(
    ("change", "name"),
    [
        (lambda d: write_records(d / RECORDS, ROWS[:2]), "train"),
        (lambda d: write_records(d / RECORDS, [*ROWS, ROWS[1]]), "train"),
        (lambda d: write_records(d / RECORDS, [ROWS[0], ("bea", [NEXT]), ROWS[2]]), "train"),
        (
            lambda d: write_records(d / RECORDS, [("ann", [float("nan"), 1.0]), *ROWS[1:]]),
            "train",
        ),
        (lambda d: write_table(d / "catalogue.parquet", [float("nan"), 1995.0]), "catalogue"),
        (lambda d: write_table(d / "catalogue.parquet", [1995.0]), "catalogue"),
        (lambda d: (d / "transform/assets/genres").write_text("Comedy\nDrama\n"), "transform"),
        (lambda d: (d / "transform/assets/genres").unlink(), "transform"),
        (lambda d: (d / "beam-temp-x").write_text(""), "beam-temp"),
        (lambda d: (d / "manifest.json").write_text('{"figures": {"rows": 4}}'), "manifest"),
    ],
    ids=[
        *("a record lost", "a record doubled", "a rating off by one bit", "events in other order"),
        *("table rows in other order", "a table row lost", "other vocabulary order"),
        *("no vocabulary", "a file left behind", "other figures"),
    ],
)
def test_a_difference_is_named(
    directories: tuple[Path, Path], change: Callable[[Path], object], name: str
) -> None:
    change(directories[1])
    found = differences(*directories)
    assert found and all(text.startswith(name) for text in found)
