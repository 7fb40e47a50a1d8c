"""What a feature of each kind and option becomes: the preprocessing function, analysed and run."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import schemas.tf_runtime  # isort: skip  # noqa: F401  before TensorFlow

import apache_beam as beam
import pyarrow as pa
import pytest
import tensorflow as tf
import tensorflow_transform as tft
import tensorflow_transform.beam as tft_beam
from tfx_bsl.tfxio.tensor_adapter import TensorAdapterConfig

from pipeline.features import preprocessing_fn, sizes
from pipeline.raw_schema import arrow_schema, as_rows, item_columns, raw_schema
from pipeline.runner import new_pipeline
from schemas.cards import Card, card_from_dict
from schemas.columns import KIND, NUMBERS
from schemas.config import PrepareConfig

TABLE = {"files": "a.csv", "format": "csv", "item_id": "item"}
CONFIG = PrepareConfig(quantile_buckets=2)
NAN = math.nan

CASTS = [["ann", "bob"], ["ann", "bob", "cy"], ["ann", "di"], []]
PLOTS = ["The cat, the CAT!", "the dog; the Éland", "the the the the", ""]
PLACES = ["new york", "New York, old", "york new", ""]
CASTS_OF: dict[str, dict[str, int]] = {
    "everyone": {},
    "floor": {"min_count": 2},
    "ceiling": {"max_vocabulary": 3},
    "both": {"min_count": 3, "max_vocabulary": 3},
}
ITEMS: dict[str, tuple[Any, list[Any]]] = {
    **{n: ({"kind": "multi_categorical"} | options, CASTS) for n, options in CASTS_OF.items()},
    "plot": ({"kind": "text", "max_tokens": 2}, PLOTS),
    "place": ({"kind": "text", "ngrams": 2, "min_count": 2}, PLACES),
    "price": ({"kind": "numeric", "scaling": "z_score"}, [1.0, 3.0, NAN, NAN]),
    "year": ("numeric", [1.0, 2.0, 3.0, 4.0]),
    "added": ("timestamp", [-(10**9), 0, 10**9, 2 * 10**9]),
    # Nothing is known of these.
    "no_plot": ("text", [""] * 4),
    "no_cast": ("multi_categorical", [[]] * 4),
    "no_price": ({"kind": "numeric", "scaling": "z_score"}, [NAN] * 4),
    "no_date": ("timestamp", [0] * 4),
}


def card() -> Card:
    features = {name: feature for name, (feature, _) in ITEMS.items()}
    events = TABLE | {"user_id": "user"}
    raw = {"name": "x", "events": events, "items": TABLE, "item_features": features}
    return card_from_dict(raw, "here")


@pytest.fixture(scope="module")
def output(tmp_path_factory: pytest.TempPathFactory) -> tft.TFTransformOutput:
    """The graph of four items, and of as many users, which say nothing of items."""
    directory: Path = tmp_path_factory.mktemp("graph")
    columns = {"item_id": list("abcd")} | {name: values for name, (_, values) in ITEMS.items()}
    types = pa.schema(list(item_columns(card()).items()))
    items = pa.RecordBatch.from_pydict(columns, types)
    users = pa.record_batch({"user_id": pa.array(["u"] * 4)})
    rows = [as_rows(items, card(), "items"), as_rows(users, card(), "users")]
    adapter = TensorAdapterConfig(
        arrow_schema(card()),
        dict(raw_schema(card()).tensor_representation_group[""].tensor_representation),
    )
    context = tft_beam.Context(temp_dir=str(directory / "tmp"), passthrough_keys={KIND, NUMBERS})
    with new_pipeline() as pipeline, context:
        function = (pipeline | beam.Create(rows), adapter) | (
            tft_beam.AnalyzeDataset(preprocessing_fn(card(), CONFIG))
        )
        _ = function | tft_beam.WriteTransformFn(str(directory / "transform"))
    return tft.TFTransformOutput(str(directory / "transform"))


@pytest.fixture(scope="module")
def layer(output: tft.TFTransformOutput) -> Any:
    return output.transform_features_layer()


def ragged(rows: list[list[str]]) -> tf.RaggedTensor:
    return tf.ragged.constant(rows, tf.string, ragged_rank=1, row_splits_dtype=tf.int64)


@pytest.mark.parametrize(
    ("name", "words"),
    [("floor", ["ann", "bob"]), ("ceiling", ["ann", "bob", "di"]), ("both", ["ann"])],
)
def test_a_floor_and_a_ceiling_for_vocabularies(
    output: tft.TFTransformOutput, layer: Any, name: str, words: list[str]
) -> None:
    known = {word: index for index, word in enumerate(words, start=1)}
    asked = ["ann", "bob", "cy", "di", ""]
    (found,) = layer({name: ragged([asked])})[name].to_list()
    # Those left out share the bucket behind the vocabulary; "" is padding.
    assert found == [*(known.get(word, len(words) + 1) for word in asked[:4]), 0]
    assert sizes(output, card(), CONFIG)[name] == 1 + len(words) + 1
    assert output.vocabulary_size_by_name("everyone") == 4


def test_text_becomes_its_most_telling_words(output: tft.TFTransformOutput, layer: Any) -> None:
    words = [word.decode() for word in output.vocabulary_by_name("plot")]
    assert sorted(words) == ["cat", "dog", "the", "éland"]
    index = {word: n for n, word in enumerate(words, start=1)}
    asked = [*PLOTS, "the éland saw the éland", "unknown words"]
    found = layer({"plot": tf.constant(asked)})["plot"].to_list()
    # Three texts have words: idf(the) = 1 + ln(4/4) = 1, idf(a word of one) = 1 + ln(4/2) = 1.69.
    # "the cat the cat": tf .5 each, so "cat" first. "the dog the éland": the .5, dog .25 * 1.69.
    assert found[0] == [index["cat"], index["the"]]
    assert found[1] == [index["the"], min(index["dog"], index["éland"])]
    assert found[2:4] == [[index["the"]], []]
    assert found[4:] == [[index["éland"], index["the"]], []]
    assert sizes(output, card(), CONFIG)["plot"] == 1 + len(words)


def test_a_batch_of_one_and_of_three_agree(layer: Any) -> None:
    alone = [layer({"plot": tf.constant([text])})["plot"].to_list()[0] for text in PLOTS]
    assert layer({"plot": tf.constant(PLOTS)})["plot"].to_list() == alone


def test_ngrams_and_what_is_too_rare(output: tft.TFTransformOutput) -> None:
    assert sorted(output.vocabulary_by_name("place")) == [b"new", b"new york", b"york"]


def test_numbers_in_buckets_and_z_scores(layer: Any) -> None:
    found = layer({"price": tf.constant([1.0, 3.0, 5.0, NAN])})
    # Mean 2, standard deviation 1; what is missing counts for neither.
    assert found["price_z_score"].numpy().tolist() == [-1.0, 1.0, 3.0, 0.0]
    assert found["price"].numpy().tolist() == [1, 2, 2, 0]
    assert set(layer({"year": tf.constant([1.0])})) == {"year"}


def test_times_in_buckets(layer: Any) -> None:
    found = layer({"added": tf.constant([-(10**9), 0, 10**9, 10**10])})["added"]
    assert found.numpy().tolist()[::3] == [1, 2]
    assert found.numpy()[1] == 0


def test_where_nothing_is_known(layer: Any) -> None:
    found = layer(
        {
            "no_plot": tf.constant(["some words", ""]),
            "no_cast": ragged([["ann"], []]),
            "no_price": tf.constant([NAN, NAN]),
            "no_date": tf.constant([0, 0], tf.int64),
        }
    )
    assert found["no_plot"].to_list() == [[], []]
    assert found["no_cast"].row_lengths().numpy().tolist() == [1, 0]
    assert found["no_price"].numpy().tolist() == found["no_date"].numpy().tolist() == [0, 0]
    assert found["no_price_z_score"].numpy().tolist() == [0.0, 0.0]
