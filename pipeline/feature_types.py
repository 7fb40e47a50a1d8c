"""What a raw feature is in the tables of `prepared`, by its kind."""

from __future__ import annotations

import pyarrow as pa

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
