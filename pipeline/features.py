"""The one preprocessing function, driven by the dataset card.

Its graph serves the Beam job, both models' training and the server. How to call the saved graph
from a model::

    layer = tft.TFTransformOutput(transform_dir).transform_features_layer()
    layer({"item_id": ..., "genres": ..., "year": ...})           # item columns only
    layer({"history_item_id": ..., "gender": ..., "age": ...})    # any subset

Only the outputs whose inputs are all fed come back, under the same names; the layer fills the
inputs left out with dummies that no returned output reads. Feed by kind, `batch` equal in all:

===================================  ==========================================================
`item_id`, `target_item_id`,         `tf.Tensor` string `[batch]`; "" is missing
`user_id`, each `categorical`
each `numeric`                       `tf.Tensor` float32 `[batch]`; NaN is missing
each `multi_categorical`,            `tf.RaggedTensor` string `[batch, None]`, int64 row splits
`history_item_id`
`history_rating`                     `tf.RaggedTensor` float32 `[batch, None]`, int64 row splits
`history_timestamp`                  `tf.RaggedTensor` int64 `[batch, None]`, int64 row splits
`target_rating`, `target_timestamp`  `tf.Tensor` float32, int64 `[batch]`
===================================  ==========================================================

Outputs have the inputs' shapes: every id and bucket int64 (0: missing or padding), and
`user_id`, `*_rating` and `*_timestamp` as fed. "" inside a ragged column becomes 0, so a dense
batch padded with "" may be fed as `tf.RaggedTensor.from_tensor(dense)` and keeps its shape.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import schemas.tf_runtime  # isort: skip  # noqa: F401  before TensorFlow

import tensorflow as tf
import tensorflow_transform as tft

from schemas.cards import Card, FeatureKind
from schemas.columns import (
    HISTORY_ITEM_ID,
    HISTORY_RATING,
    HISTORY_TIMESTAMP,
    ITEM_ID,
    TARGET_ITEM_ID,
    TARGET_RATING,
    TARGET_TIMESTAMP,
    USER_ID,
)
from schemas.config import PrepareConfig

QUANTILE_ERROR = 1e-3
"""Greatest error of a quantile's rank, as a share of the rows."""

PASSED_THROUGH = (USER_ID, HISTORY_RATING, HISTORY_TIMESTAMP, TARGET_RATING, TARGET_TIMESTAMP)

Tensors = dict[str, tf.Tensor | tf.RaggedTensor]


def preprocessing_fn(card: Card, config: PrepareConfig) -> Callable[[Tensors], Tensors]:
    """Builds the function that TF-Transform traces."""

    def transform(inputs: Tensors) -> Tensors:
        outputs = {name: tf.identity(inputs[name]) for name in PASSED_THROUGH}
        items = tft.vocabulary(inputs[ITEM_ID], vocab_filename=ITEM_ID)
        for name in (ITEM_ID, HISTORY_ITEM_ID, TARGET_ITEM_ID):
            outputs[name] = _indices(inputs[name], items, config.item_oov_buckets)
        for name, kind in (card.item_inputs | card.user_inputs).items():
            if kind is FeatureKind.NUMERIC:
                outputs[name] = _buckets(inputs[name], config.quantile_buckets)
            else:
                words = tft.vocabulary(inputs[name], vocab_filename=name)
                outputs[name] = _indices(inputs[name], words, config.categorical_oov_buckets)
        return outputs

    return transform


def sizes(transform: tft.TFTransformOutput, card: Card, config: PrepareConfig) -> Mapping[str, int]:
    """Number of indices, padding included, of `item_id` and each model input."""
    found = {ITEM_ID: transform.vocabulary_size_by_name(ITEM_ID) + config.item_oov_buckets + 1}
    for name, kind in (card.item_inputs | card.user_inputs).items():
        if kind is FeatureKind.NUMERIC:
            found[name] = config.quantile_buckets + 1
        else:
            words = transform.vocabulary_size_by_name(name)
            found[name] = words + config.categorical_oov_buckets + 1
    return found


def _indices(
    x: tf.Tensor | tf.RaggedTensor, vocabulary: tf.Tensor, oov_buckets: int
) -> tf.Tensor | tf.RaggedTensor:
    """Strings to indices of the same shape: 0 for "", 1..V, then the OOV buckets."""
    index = tft.apply_vocabulary(x, vocabulary, num_oov_buckets=oov_buckets) + 1
    return tf.where(tf.equal(x, ""), tf.zeros_like(index), index)


def _buckets(x: tf.Tensor, count: int) -> tf.Tensor:
    """Floats `[batch]` to int64 quantile buckets `[batch]`: 0 for NaN, then 1..count."""
    boundaries = tft.quantiles(x, count, epsilon=QUANTILE_ERROR)  # which ignores NaN
    bucket = tft.apply_buckets(x, boundaries) + 1
    return tf.where(tf.math.is_nan(x), tf.zeros_like(bucket), bucket)
