"""Data so small or so bare that there is nothing to learn vocabularies or quantiles from."""

from __future__ import annotations

import gzip
import math
from pathlib import Path

import schemas.tf_runtime  # isort: skip  # noqa: F401  before TensorFlow

import pyarrow.parquet as pq
import pytest
import tensorflow as tf

from pipeline.adopt import adopt
from pipeline.prepare import prepare
from schemas.cards import CARDS
from schemas.config import PrepareConfig


@pytest.mark.slow
def test_nothing_known_and_nobody_tested(tmp_path: Path) -> None:
    data = tmp_path / "data"
    data.mkdir()
    (data / "u.data").write_text("1\t1\t3\t5\n1\t2\t4\t6\n2\t2\t5\t7\n")
    flags = "|".join("0" * 19)
    (data / "u.item").write_text(f"1|One||||{flags}\n2|Two||||{flags}\n3|Three||||{flags}\n")
    (data / "u.user").write_text("")
    card = tmp_path / "bare.toml"  # a copy, which has no schema beside it
    card.write_text((CARDS / "ml-100k.toml").read_text())
    out = tmp_path / "out"
    out.mkdir()

    told = []
    figures = prepare(
        adopt(card, data), PrepareConfig(), out, progress=lambda *step: told.append(step)
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
    assert figures["period"] == {"first": 5, "last": 7}
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


@pytest.mark.slow
def test_ids_and_nothing_else(tmp_path: Path) -> None:
    (tmp_path / "card.toml").write_text(
        'name = "clicks"\n[events]\nfiles = ["new.csv", "old/*.csv.gz"]\nformat = "csv"\n'
        'user_id = "who"\nitem_id = "what"\n'
    )
    (tmp_path / "old").mkdir()
    for number, rows in enumerate(("zoe,c\nann,d\n", "ann,b\nann,c\n,b\n")):
        packed = gzip.compress(f"who,what\n{rows}".encode())
        (tmp_path / "old" / f"part-{number}.csv.gz").write_bytes(packed)
    (tmp_path / "new.csv").write_text("what,who\nb,zoe\na/1,ann\nb,zoe\n")
    out = tmp_path / "out"
    out.mkdir()

    figures = prepare(adopt(tmp_path / "card.toml"), PrepareConfig(max_reject_rate=0.3), out)
    assert (figures["rows"]["read"], figures["rows"]["items"]) == (8, 4)
    assert figures["period"] == {}
    assert figures["rejects"] == {
        "user_id: expected an id, got none": 1,
        "item_id: expected one event of a user with an item": 1,
    }
    rejects = (out / "rejects" / "rejects.jsonl").read_text().splitlines()
    assert rejects[0].startswith('{"file": "new.csv", "line": 4, "field": "item_id"')
    assert rejects[1].startswith('{"file": "old/part-1.csv.gz", "line": 4, "field": "user_id"')
    # The catalogue is what the events name; of the four events of ann's the first two train.
    catalogue = pq.read_table(out / "catalogue.parquet").to_pylist()
    assert catalogue == [
        {"item_id": "a/1", "train_count": 1},
        {"item_id": "b", "train_count": 1},
        {"item_id": "c", "train_count": 1},
        {"item_id": "d", "train_count": 1},
    ]
    # Where there is no time, the order is that of the card's files and of the lines in them.
    ann, zoe = pq.read_table(out / "profiles.parquet").to_pylist()
    assert (ann["user_id"], ann["history_item_id"]) == ("ann", ["a/1", "d", "b", "c"])
    assert (zoe["user_id"], zoe["history_item_id"]) == ("zoe", ["b", "c"])
    assert ann["history_timestamp"] == [0, 0, 0, 0]
    assert all(math.isnan(rating) for rating in ann["history_rating"])
