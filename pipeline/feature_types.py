"""What a raw feature is in the tables of `prepared`, by its kind."""

from __future__ import annotations

import pyarrow as pa
from tensorflow_metadata.proto.v0 import schema_pb2

from schemas.cards import FeatureKind

ARROW_TYPES = {
    FeatureKind.CATEGORICAL: pa.string(),
    FeatureKind.MULTI_CATEGORICAL: pa.list_(pa.string()),
    FeatureKind.NUMERIC: pa.float32(),
    FeatureKind.TEXT: pa.string(),
    FeatureKind.TIMESTAMP: pa.int64(),
    FeatureKind.DISPLAY: pa.string(),
}


def missing(arrow_type: pa.DataType) -> str | float | int:
    """What stands for "not known" among single values of a type."""
    if pa.types.is_string(arrow_type):
        return ""
    return float("nan") if pa.types.is_floating(arrow_type) else 0


def tfmd_type(value_type: pa.DataType) -> int:
    """The `FeatureType` of TensorFlow Metadata that values of a type have."""
    if pa.types.is_string(value_type):
        return schema_pb2.BYTES
    return schema_pb2.FLOAT if pa.types.is_floating(value_type) else schema_pb2.INT
