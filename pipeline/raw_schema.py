"""The TFMD schema of the transform graph's inputs, from the dataset card.

The graph takes the union of two kinds of row: items (`item_id` and the item features) and users
(`user_id`, user features, history, target). Rows of one kind leave the other's columns empty.
"""

from __future__ import annotations

from collections.abc import Mapping

import pyarrow as pa
from tensorflow_metadata.proto.v0 import schema_pb2

from pipeline.feature_types import ARROW_TYPES, missing, tfmd_type
from schemas.cards import Card, FeatureKind
from schemas.columns import (
    HISTORY_ITEM_ID,
    HISTORY_RATING,
    HISTORY_TIMESTAMP,
    ITEM_ID,
    KIND,
    NUMBERS,
    TARGET_ITEM_ID,
    TARGET_RATING,
    TARGET_TIMESTAMP,
    USER_ID,
)

HISTORY_COLUMNS = {
    HISTORY_ITEM_ID: pa.list_(pa.string()),
    HISTORY_RATING: pa.list_(pa.float32()),
    HISTORY_TIMESTAMP: pa.list_(pa.int64()),
}
TARGET_COLUMNS = {
    TARGET_ITEM_ID: pa.string(),
    TARGET_RATING: pa.float32(),
    TARGET_TIMESTAMP: pa.int64(),
}


def item_columns(card: Card) -> dict[str, pa.DataType]:
    """Name to Arrow type of the graph's item columns."""
    return {ITEM_ID: pa.string()} | _features(card.item_inputs)


def user_columns(card: Card) -> dict[str, pa.DataType]:
    """Name to Arrow type of the graph's user columns without history and target."""
    return {USER_ID: pa.string()} | _features(card.user_inputs)


def raw_columns(card: Card) -> dict[str, pa.DataType]:
    """Name to Arrow type of everything the graph takes."""
    return item_columns(card) | user_columns(card) | HISTORY_COLUMNS | TARGET_COLUMNS


def raw_schema(card: Card) -> schema_pb2.Schema:
    """The TFMD schema: lists are ragged, single values dense with a value for "missing"."""
    schema = schema_pb2.Schema()
    representations = schema.tensor_representation_group[""].tensor_representation
    for name, arrow_type in raw_columns(card).items():
        is_list = pa.types.is_list(arrow_type)
        value_type = arrow_type.value_type if is_list else arrow_type
        feature = schema.feature.add(name=name, type=tfmd_type(value_type))
        if is_list:
            ragged = representations[name].ragged_tensor
            ragged.feature_path.step.append(name)
            ragged.row_partition_dtype = schema_pb2.TensorRepresentation.RowPartitionDType.INT64
        else:
            feature.value_count.max = 1
            dense = representations[name].dense_tensor
            dense.column_name = name
            dense.shape.SetInParent()
            _set_missing(dense.default_value, value_type)
    return schema


def as_rows(batch: pa.RecordBatch, card: Card, kind: str) -> pa.RecordBatch:
    """A batch of items or users with every column of the graph as list arrays, `kind`, `numbers`.

    TFXIO wants lists throughout: a single value becomes a list of one, an absent column nulls.
    """
    columns = {}
    for name, arrow_type in raw_columns(card).items():
        is_list = pa.types.is_list(arrow_type)
        if name not in batch.schema.names:
            columns[name] = pa.nulls(len(batch), arrow_type if is_list else pa.list_(arrow_type))
        else:
            column = batch.column(name)
            columns[name] = column if is_list else _lists_of_one(column)
    columns[KIND] = _lists_of_one(pa.repeat(pa.scalar(kind), len(batch)))
    if NUMBERS in batch.schema.names:
        columns[NUMBERS] = batch.column(NUMBERS)
    else:
        columns[NUMBERS] = pa.nulls(len(batch), pa.list_(pa.float32()))
    return pa.record_batch(columns)


def arrow_schema(card: Card) -> pa.Schema:
    """Arrow schema of what `as_rows` returns."""
    columns = raw_columns(card) | {KIND: pa.string(), NUMBERS: pa.list_(pa.float32())}
    return pa.schema(
        [(name, t if pa.types.is_list(t) else pa.list_(t)) for name, t in columns.items()]
    )


def _features(inputs: Mapping[str, FeatureKind]) -> dict[str, pa.DataType]:
    return {name: ARROW_TYPES[kind] for name, kind in inputs.items()}


def _lists_of_one(column: pa.Array) -> pa.Array:
    return pa.ListArray.from_arrays(pa.array(range(len(column) + 1), pa.int32()), column)


def _set_missing(
    default: schema_pb2.TensorRepresentation.DefaultValue, value_type: pa.DataType
) -> None:
    value = missing(value_type)
    if isinstance(value, str):
        default.bytes_value = value.encode()
    elif isinstance(value, float):
        default.float_value = value
    else:
        default.int_value = value
