"""A release so small that there is nothing to learn vocabularies or quantiles from."""

from __future__ import annotations

from pathlib import Path

import schemas.tf_runtime  # isort: skip  # noqa: F401  before TensorFlow

import pyarrow.parquet as pq
import pytest
import tensorflow as tf

from pipeline.fetch import write_manifest
from pipeline.prepare import prepare
from schemas.artifacts import open_artifact
from schemas.config import PrepareConfig


@pytest.mark.slow
def test_nothing_known_and_nobody_tested(tmp_path: Path) -> None:
    data = tmp_path / "data"
    data.mkdir()
    (data / "u.data").write_text("1\t1\t3\t5\n1\t2\t4\t6\n2\t2\t5\t7\n")
    flags = "|".join("0" * 19)
    (data / "u.item").write_text(f"1|One||||{flags}\n2|Two||||{flags}\n3|Three||||{flags}\n")
    (data / "u.user").write_text("")
    write_manifest(data, "bare", "a test", "ml-100k.toml")
    out = tmp_path / "out"
    out.mkdir()

    told = []
    figures = prepare(
        open_artifact(data), PrepareConfig(), out, progress=lambda *step: told.append(step)
    )
    assert told == [
        ("catalogue", 0, 4),
        ("histories: Beam job over 3 ratings in 1 blocks", 1, 4),
        ("tables: 2 of 2 users", 2, 4),
        ("examples: Beam and TF-Transform job over 2 users", 3, 4),
        ("prepared", 4, 4),
    ]
    assert figures["rows"] == {
        **{"read": 3, "accepted": 3, "rejected": 0, "users": 2, "items": 3},
        **{"train": 2, "fit": 2, "validation": 0, "test": 0},
    }
    # Padding, three items, one out-of-vocabulary bucket.
    assert figures["sizes"]["item_id"] == 5
    # Both users have too few events for a held-out one, so all their events are trained on.
    assert pq.read_table(out / "catalogue.parquet")["train_count"].to_pylist() == [1, 2, 0]
    assert pq.read_table(out / "test.parquet").num_rows == 0
    fitted = pq.read_table(out / "fit.parquet")
    assert fitted["history_item_id"].to_pylist() == [["1", "2"], ["2"]]
    assert fitted.column_names == pq.read_table(out / "profiles.parquet").column_names
    paths = [str(path) for path in out.glob("fit-*.tfrecord.gz")]
    users = [
        tf.train.Example.FromString(data).features.feature
        for data in tf.data.TFRecordDataset(paths, "GZIP").as_numpy_iterator()
    ]
    assert len(users) == 2
    for name in ("gender", "age", "occupation"):
        assert [user[name].int64_list.value[0] for user in users] == [0, 0]
