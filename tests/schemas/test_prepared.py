"""Examples of tasks come in one order, whatever file and place they were written to."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import schemas.tf_runtime  # noqa: F401  # before TensorFlow

# isort: split
import tensorflow as tf

from schemas.artifacts import Artifact
from schemas.prepared import load_examples

FEATURES = {
    "user_id": tf.io.FixedLenFeature([], tf.string),
    "item": tf.io.FixedLenFeature([2], tf.int64),
    "place": tf.io.FixedLenFeature([], tf.int64),
}
ROWS = [(b"10", [1, 2], 0), (b"9", [3, 4], 1), (b"10", [5, 6], -1)]


def written(directory: Path, files: list[list[int]]) -> Artifact:
    """An artefact whose task files hold these rows of `ROWS`."""
    (directory / "tasks").mkdir(parents=True)
    options = tf.io.TFRecordOptions(compression_type="GZIP")
    for number, rows in enumerate(files):
        path = directory / "tasks" / f"one-fit-{number}.tfrecord.gz"
        with tf.io.TFRecordWriter(str(path), options) as writer:
            for user, item, place in (ROWS[row] for row in rows):
                feature = {
                    "user_id": tf.train.Feature(bytes_list=tf.train.BytesList(value=[user])),
                    "item": tf.train.Feature(int64_list=tf.train.Int64List(value=item)),
                    "place": tf.train.Feature(int64_list=tf.train.Int64List(value=[place])),
                }
                example = tf.train.Example(features=tf.train.Features(feature=feature))
                writer.write(example.SerializeToString())
    return Artifact(directory, {"config": {"tasks": ["one"]}})


@pytest.mark.parametrize("files", [[[0, 1, 2]], [[2], [1, 0]], [[1], [2, 0]]])
def test_examples_are_sorted_by_what_tells_them_apart(
    tmp_path: Path, files: list[list[int]]
) -> None:
    found = load_examples(written(tmp_path, files), "one", "fit", FEATURES, ("user_id", "place"))
    # "10" is before "9" as a string; of two rows of "10" the one at place -1 is first.
    assert found["user_id"].tolist() == [b"10", b"10", b"9"]
    np.testing.assert_array_equal(found["item"], [[5, 6], [1, 2], [3, 4]])


def test_a_task_that_was_not_prepared_and_a_split_without_examples(tmp_path: Path) -> None:
    artifact = written(tmp_path, [[0]])
    with pytest.raises(ValueError, match=r"prepare.tasks: expected 'two' among them, got \['one'"):
        load_examples(artifact, "two", "fit", FEATURES, ("user_id",))
    with pytest.raises(FileNotFoundError, match="expected records, found none"):
        load_examples(artifact, "one", "test", FEATURES, ("user_id",))
