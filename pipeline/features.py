"""The one preprocessing function, driven by the dataset card.

Its graph serves the Beam job, both models' training and the server. How to call the saved graph
from a model::

    layer = tft.TFTransformOutput(transform_dir).transform_features_layer()
    layer({"item_id": ..., "genres": ..., "year": ...})           # item columns only
    layer({"history_item_id": ..., "gender": ..., "age": ...})    # any subset

Only the outputs whose inputs are all fed come back; the layer fills the inputs left out with
dummies that no returned output reads. Feed by kind, `batch` equal in all:

===================================  ==========================================================
`item_id`, `target_item_id`,         `tf.Tensor` string `[batch]`; "" is missing
`user_id`, each `categorical`
and each `text`
each `numeric`                       `tf.Tensor` float32 `[batch]`; NaN is missing
each `timestamp`                     `tf.Tensor` int64 `[batch]`; 0 is missing
each `multi_categorical`,            `tf.RaggedTensor` string `[batch, None]`, int64 row splits
`history_item_id`
`history_rating`                     `tf.RaggedTensor` float32 `[batch, None]`, int64 row splits
`history_timestamp`                  `tf.RaggedTensor` int64 `[batch, None]`, int64 row splits
`target_rating`, `target_timestamp`  `tf.Tensor` float32, int64 `[batch]`
===================================  ==========================================================

Outputs have the inputs' names and shapes: every id and bucket int64 (0: missing or padding), and
`user_id`, `*_rating` and `*_timestamp` as fed; but a `text` becomes `tf.RaggedTensor` int64
`[batch, None]`. "" inside a ragged column becomes 0, so a dense batch padded with "" may be fed as
`tf.RaggedTensor.from_tensor(dense)` and keeps its shape. Beside them come `history_weekday`,
`history_hour` and `history_gap` (`pipeline.moments`) and, of a `numeric` whose scaling is
`z_score`, `<name>_z_score` float32 `[batch]`, 0 where missing.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import schemas.tf_runtime  # isort: skip  # noqa: F401  before TensorFlow

import tensorflow as tf
import tensorflow_transform as tft

from pipeline.moments import MOMENT_SIZES, moments
from pipeline.raw_schema import HISTORY_COLUMNS, item_columns, user_columns
from pipeline.tokens import telling_tokens
from schemas.cards import Card, Feature, FeatureKind, Scaling
from schemas.columns import (
    HISTORY_ITEM_ID,
    HISTORY_RATING,
    HISTORY_TIMESTAMP,
    ITEM_ID,
    TARGET_ITEM_ID,
    TARGET_RATING,
    TARGET_TIMESTAMP,
    UNKNOWN_ITEMS,
    USER_ID,
    Z_SCORE_SUFFIX,
)
from schemas.config import PrepareConfig

QUANTILE_ERROR = 1e-5
"""Greatest error of a quantile's rank, as a share of the rows. As small as this, millions of
different values are kept whole; at 1e-3 the boundaries of 100 000 depend on the order in which an
engine brings and merges them."""

PASSED_THROUGH = (USER_ID, HISTORY_RATING, HISTORY_TIMESTAMP, TARGET_RATING, TARGET_TIMESTAMP)
HISTORY_OUTPUTS = (*HISTORY_COLUMNS, *MOMENT_SIZES)
"""What the graph says of the events of a history."""
BUCKETED = (FeatureKind.NUMERIC, FeatureKind.TIMESTAMP)

Tensors = dict[str, tf.Tensor | tf.RaggedTensor]


def preprocessing_fn(card: Card, config: PrepareConfig) -> Callable[[Tensors], Tensors]:
    """Builds the function that TF-Transform traces."""

    def transform(inputs: Tensors) -> Tensors:
        outputs = {name: tf.identity(inputs[name]) for name in PASSED_THROUGH}
        items = tft.vocabulary(inputs[ITEM_ID], vocab_filename=ITEM_ID)
        for name in (ITEM_ID, HISTORY_ITEM_ID, TARGET_ITEM_ID):
            outputs[name] = _indices(inputs[name], items, UNKNOWN_ITEMS)
        outputs |= moments(inputs[HISTORY_TIMESTAMP])
        for name, feature in (card.item_features | card.user_features).items():
            if feature.kind is not FeatureKind.DISPLAY:
                outputs[name] = _model_input(inputs[name], name, feature, config)
            if feature.scaling is Scaling.Z_SCORE:
                outputs[name + Z_SCORE_SUFFIX] = _z_score(inputs[name])
        return outputs

    return transform


def item_outputs(card: Card) -> list[str]:
    """What the graph says of an item."""
    return [*item_columns(card), *_z_scores(card.item_features)]


def user_outputs(card: Card) -> list[str]:
    """What the graph says of a user besides history and target."""
    return [*user_columns(card), *_z_scores(card.user_features)]


def sizes(transform: tft.TFTransformOutput, card: Card, config: PrepareConfig) -> Mapping[str, int]:
    """Number of indices, padding included, of `item_id`, each model input and each moment."""
    found = {ITEM_ID: transform.vocabulary_size_by_name(ITEM_ID) + UNKNOWN_ITEMS + 1}
    for name, kind in (card.item_inputs | card.user_inputs).items():
        if kind in BUCKETED:
            found[name] = config.quantile_buckets + 1
        else:
            oov_buckets = 0 if kind is FeatureKind.TEXT else config.categorical_oov_buckets
            found[name] = transform.vocabulary_size_by_name(name) + oov_buckets + 1
    return found | MOMENT_SIZES


def _model_input(
    x: tf.Tensor | tf.RaggedTensor, name: str, feature: Feature, config: PrepareConfig
) -> tf.Tensor | tf.RaggedTensor:
    """A raw feature as int64 indices, by its kind."""
    if feature.kind is FeatureKind.TEXT:
        return telling_tokens(x, name, feature)
    if feature.kind is FeatureKind.NUMERIC:
        return _buckets(x, config.quantile_buckets)
    if feature.kind is FeatureKind.TIMESTAMP:
        # float32 holds unix seconds to the nearest 128, which no bucket notices.
        return _buckets(
            _where(x == 0, float("nan"), tf.cast(x, tf.float32)), config.quantile_buckets
        )
    words = tft.vocabulary(
        x,
        vocab_filename=name,
        frequency_threshold=feature.min_count if feature.min_count > 1 else None,
        top_k=feature.max_vocabulary,
    )
    return _indices(x, words, config.categorical_oov_buckets)


def _indices(
    x: tf.Tensor | tf.RaggedTensor, vocabulary: tf.Tensor, oov_buckets: int
) -> tf.Tensor | tf.RaggedTensor:
    """Strings to indices of the same shape: 0 for "", 1..V, then the OOV buckets."""
    index = tft.apply_vocabulary(x, vocabulary, num_oov_buckets=oov_buckets) + 1
    if not isinstance(x, tf.RaggedTensor):
        return tf.where(tf.equal(x, ""), tf.zeros_like(index), index)
    # Of ragged tensors, tf.where is hundreds of operations, which every request would go through.
    flat = index.flat_values
    return index.with_flat_values(tf.where(tf.equal(x.flat_values, ""), tf.zeros_like(flat), flat))


def _buckets(x: tf.Tensor, count: int) -> tf.Tensor:
    """Floats `[batch]` to int64 quantile buckets `[batch]`: 0 for NaN, then 1..count."""
    boundaries = tft.quantiles(x, count, epsilon=QUANTILE_ERROR)  # which ignores NaN
    bucket = tft.apply_buckets(x, boundaries) + 1
    return tf.where(tf.math.is_nan(x), tf.zeros_like(bucket), bucket)


def _z_score(x: tf.Tensor) -> tf.Tensor:
    """Floats `[batch]` in standard deviations from their mean; NaN is 0 and counts for neither."""
    return _where(tf.math.is_nan(x), 0.0, tft.scale_to_z_score(x))


def _where(condition: tf.Tensor, value: float, x: tf.Tensor) -> tf.Tensor:
    return tf.where(condition, tf.constant(value, tf.float32), x)


def _z_scores(features: Mapping[str, Feature]) -> list[str]:
    return [n + Z_SCORE_SUFFIX for n, f in features.items() if f.scaling is Scaling.Z_SCORE]
