"""Raw request values to model indices: the prepared TF-Transform graph inside a SavedModel."""

from __future__ import annotations

from typing import Any

import schemas.tf_runtime  # noqa: F401  (before TensorFlow)

# isort: split
import tensorflow as tf
import tensorflow_transform as tft

from schemas import columns
from schemas.artifacts import Artifact
from schemas.cards import FeatureKind
from schemas.prepared import load_card

Tensors = dict[str, Any]


class RawFeatures(tf.Module):
    """The transform graph as the exported models call it: dense tensors in and out."""

    def __init__(self, prepared: Artifact):
        """Loads the graph and the card of a prepared artefact."""
        super().__init__()
        self.card = load_card(prepared)
        output = tft.TFTransformOutput(str(prepared.path / "transform"))
        self.transform = output.transform_features_layer()

    def item_spec(self) -> dict[str, tf.TensorSpec]:
        """Raw item columns that `items` takes."""
        return {columns.ITEM_ID: tf.TensorSpec([None], tf.string, columns.ITEM_ID)} | {
            name: _spec(name, kind, []) for name, kind in self.card.item_inputs.items()
        }

    def user_spec(self, axes: list[int | None]) -> dict[str, tf.TensorSpec]:
        """Raw user columns that `users` takes, each `[batch, *axes]`."""
        return {name: _spec(name, kind, axes) for name, kind in self.card.user_inputs.items()}

    def items(self, raw: Tensors) -> Tensors:
        """`item_id` `[items]` int64 and each item input `[items, values]` int64.

        Args:
            raw: As `item_spec`; multi-valued columns padded with "".
        """
        ragged = {
            name: tf.RaggedTensor.from_tensor(value) if value.shape.rank == 2 else value
            for name, value in raw.items()
        }
        indices = {name: _dense(value) for name, value in self.transform(ragged).items()}
        return {
            name: value if name == columns.ITEM_ID or value.shape.rank == 2 else value[:, None]
            for name, value in indices.items()
        }

    def users(self, raw: Tensors) -> Tensors:
        """Each user input as int64, in the shape given; raw as `user_spec`."""
        if not raw:
            return {}
        shape = tf.shape(next(iter(raw.values())))
        flat = self.transform({name: tf.reshape(value, [-1]) for name, value in raw.items()})
        return {name: tf.reshape(flat[name], shape) for name in raw}

    def item_index(self, item_id: Any) -> Any:
        """Vocabulary indices of item ids of any shape; "" is padding."""
        ids = tf.RaggedTensor.from_tensor(tf.reshape(item_id, [-1, 1]))
        found = self.transform({columns.HISTORY_ITEM_ID: ids})[columns.HISTORY_ITEM_ID]
        return tf.reshape(_dense(found), tf.shape(item_id))

    def items_and_users(self, item_id: Any, users: Tensors) -> tuple[Any, Tensors]:
        """`item_index` and `users` in one pass of the graph.

        Args:
            item_id: `[rows, ids]` string, "" is padding.
            users: Raw as `user_spec`, each `[rows]`.

        Returns:
            int64 indices in the shapes given.
        """
        ids = tf.RaggedTensor.from_tensor(item_id)
        found = self.transform({columns.HISTORY_ITEM_ID: ids} | users)
        index = tf.reshape(_dense(found[columns.HISTORY_ITEM_ID]), tf.shape(item_id))
        return index, {name: found[name] for name in users}


def history_spec(axes: list[int | None]) -> dict[str, tf.TensorSpec]:
    """Raw history columns, each `[batch, *axes]`."""
    types = {
        columns.HISTORY_ITEM_ID: tf.string,
        columns.HISTORY_RATING: tf.float32,
        columns.HISTORY_TIMESTAMP: tf.int64,
    }
    return {name: tf.TensorSpec([None, *axes], dtype, name) for name, dtype in types.items()}


def newest_events(
    raw: Tensors, names: list[str], history_len: int, at_least: int | None = None
) -> Tensors:
    """Keeps the newest `history_len` real events of each row, left-padded.

    Args:
        raw: `history_item_id` `[rows, events]` string, "" is padding and may be anywhere; and the
            other columns named, `[rows, events, ...]`.
        names: Columns to return.
        history_len: Most events kept.
        at_least: Width that shorter histories are padded to; None: `history_len`.

    Returns:
        The named columns `[rows, width, ...]`, `at_least <= width <= history_len`; padding is "",
        NaN, or 0.
    """
    at_least = history_len if at_least is None else at_least
    width = history_len if at_least == history_len else None
    real = tf.not_equal(raw[columns.HISTORY_ITEM_ID], "")
    order = tf.argsort(tf.cast(real, tf.int32), axis=1, stable=True)
    short = tf.maximum(at_least - tf.shape(real)[1], 0)
    kept = tf.pad(tf.gather(real, order, batch_dims=1), [[0, 0], [short, 0]])[:, -history_len:]
    result = {}
    for name in names:
        values = tf.gather(raw[name], order, batch_dims=1)
        rest = values.shape.rank - 2
        values = tf.pad(values, [[0, 0], [short, 0]] + [[0, 0]] * rest)[:, -history_len:]
        mask = tf.reshape(kept, tf.concat([tf.shape(kept), [1] * rest], axis=0))
        result[name] = tf.where(mask, values, _padding(name, values.dtype))
        result[name] = tf.ensure_shape(result[name], [None, width, *values.shape[2:]])
    return result


def _padding(name: str, dtype: tf.DType) -> Any:
    if name == columns.HISTORY_RATING:
        return tf.constant(float("nan"), dtype)
    return tf.zeros([], dtype) if dtype != tf.string else tf.constant("")


def _dense(value: Any) -> Any:
    return value.to_tensor() if isinstance(value, tf.RaggedTensor) else value


def _spec(name: str, kind: FeatureKind, axes: list[int | None]) -> tf.TensorSpec:
    if kind is FeatureKind.MULTI_CATEGORICAL:
        return tf.TensorSpec([None, *axes, None], tf.string, name)
    numbers = {FeatureKind.NUMERIC: tf.float32, FeatureKind.TIMESTAMP: tf.int64}
    return tf.TensorSpec([None, *axes], numbers.get(kind, tf.string), name)
