"""The saved transform graph, fed in part as models and the server feed it."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import schemas.tf_runtime  # isort: skip  # noqa: F401  before TensorFlow

import pytest
import tensorflow as tf
import tensorflow_transform as tft

from schemas.artifacts import Artifact

ITEM_SIZE, GENRE_SIZE = 150, 6
LOAD_AND_CALL = """
import json, sys
import tensorflow as tf
model = tf.saved_model.load(sys.argv[1])
query = model.signatures["query"](
    history=tf.constant([["", "1", "150", "nothing"], ["", "", "", ""]]), gender=["F", ""])
empty = model.signatures["query"](history=tf.zeros([1, 0], tf.string), gender=["X"])
item = model.signatures["item"](item_id=["1", "new"], genres=[["Drama", ""], ["", ""]],
                                year=[1950.0, float("nan")])
assert "tensorflow_transform" not in sys.modules
print(json.dumps([{k: v.numpy().tolist() for k, v in d.items()} for d in (query, empty, item)]))
"""


@pytest.fixture(scope="module")
def layer(prepared: Artifact) -> tf.Module:
    return tft.TFTransformOutput(str(prepared.path / "transform")).transform_features_layer()


@pytest.fixture(scope="module")
def index(prepared: Artifact) -> dict[str, dict[str, int]]:
    assets = prepared.path / "transform" / "transform_fn" / "assets"
    return {
        path.name: {word: n for n, word in enumerate(path.read_text().splitlines(), start=1)}
        for path in assets.iterdir()
    }


def ragged(rows: list[list[str]]) -> tf.RaggedTensor:
    return tf.ragged.constant(rows, tf.string, ragged_rank=1, row_splits_dtype=tf.int64)


def test_item_columns_alone(layer: tf.Module, index: dict[str, dict[str, int]]) -> None:
    found = layer(
        {
            "item_id": tf.constant(["7", "new", ""]),
            "genres": ragged([["Drama", "new", ""], [], ["Action"]]),
            "year": tf.constant([1950.0, float("nan"), 2100.0]),
        }
    )
    assert set(found) == {"item_id", "genres", "year"}
    assert found["item_id"].numpy().tolist() == [index["item_id"]["7"], ITEM_SIZE + 1, 0]
    genres = index["genres"]
    expected = [[genres["Drama"], GENRE_SIZE + 1, 0], [], [genres["Action"]]]
    assert found["genres"].to_list() == expected
    assert found["year"].numpy().tolist() == [1, 0, 10]


def test_history_and_user_features_alone(
    layer: tf.Module, index: dict[str, dict[str, int]]
) -> None:
    found = layer(
        {
            "history_item_id": ragged([["", "1", "new"], []]),
            "gender": tf.constant(["F", ""]),
            "age": tf.constant([float("nan"), 1.0]),
            "occupation": tf.constant(["writer", "astronaut"]),
        }
    )
    assert set(found) == {"history_item_id", "gender", "age", "occupation"}
    assert found["history_item_id"].to_list() == [[0, index["item_id"]["1"], ITEM_SIZE + 1], []]
    assert found["gender"].numpy().tolist() == [index["gender"]["F"], 0]
    assert found["age"].numpy().tolist() == [0, 1]
    occupations = index["occupation"]
    expected = [occupations["writer"], len(occupations) + 1]
    assert found["occupation"].numpy().tolist() == expected


def test_batch_of_one_and_of_three_agree(layer: tf.Module) -> None:
    rows = [["1", "2"], [], ["150"]]
    together = layer({"history_item_id": ragged(rows)})["history_item_id"].to_list()
    apart = [
        layer({"history_item_id": ragged([row])})["history_item_id"].to_list()[0] for row in rows
    ]
    assert together == apart


def test_an_unknown_column_is_refused(layer: tf.Module) -> None:
    with pytest.raises(ValueError, match="Unexpected inputs"):
        layer({"colour": tf.constant(["red"])})


class Model(tf.Module):
    """What a model's export does with the layer: dense in, dense out."""

    def __init__(self, layer: tf.Module) -> None:
        super().__init__()
        self.layer = layer

    @tf.function(
        input_signature=[tf.TensorSpec([None, None], tf.string), tf.TensorSpec([None], tf.string)]
    )
    def query(self, history: tf.Tensor, gender: tf.Tensor) -> dict[str, tf.Tensor]:
        found = self.layer(
            {"history_item_id": tf.RaggedTensor.from_tensor(history), "gender": gender}
        )
        return {"history": found["history_item_id"].to_tensor(), "gender": found["gender"]}

    @tf.function(
        input_signature=[
            tf.TensorSpec([None], tf.string),
            tf.TensorSpec([None, None], tf.string),
            tf.TensorSpec([None], tf.float32),
        ]
    )
    def item(self, item_id: tf.Tensor, genres: tf.Tensor, year: tf.Tensor) -> dict[str, tf.Tensor]:
        found = self.layer(
            {"item_id": item_id, "genres": tf.RaggedTensor.from_tensor(genres), "year": year}
        )
        return found | {"genres": found["genres"].to_tensor()}


def test_inside_a_saved_model_in_a_fresh_process(
    prepared: Artifact, index: dict[str, dict[str, int]], tmp_path: Path
) -> None:
    copy = tmp_path / "transform"
    shutil.copytree(prepared.path / "transform", copy)
    model = Model(tft.TFTransformOutput(str(copy)).transform_features_layer())
    signatures = {"query": model.query, "item": model.item}
    tf.saved_model.save(model, str(tmp_path / "model"), signatures=signatures)
    shutil.rmtree(copy)

    command = [sys.executable, "-c", LOAD_AND_CALL, str(tmp_path / "model")]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    query, empty, item = json.loads(done.stdout.splitlines()[-1])
    ids = index["item_id"]
    assert query["history"] == [[0, ids["1"], ids["150"], ITEM_SIZE + 1], [0, 0, 0, 0]]
    assert query["gender"] == [index["gender"]["F"], 0]
    assert empty == {"history": [[]], "gender": [len(index["gender"]) + 1]}
    assert item["item_id"] == [ids["1"], ITEM_SIZE + 1]
    assert item["genres"] == [[index["genres"]["Drama"], 0], [0, 0]]
    assert item["year"] == [1, 0]
