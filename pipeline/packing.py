"""Batches as a shuffle carries them: whole numbers in the fewest bytes that hold them.

A runner copies what it shuffles several times, the local one in memory, so its bytes are its cost.
"""

from __future__ import annotations

import numpy as np
import pyarrow as pa

LEAST = b"least"
"""Metadata of a packed column: the number that each of its numbers counts from."""


def pack(batch: pa.RecordBatch) -> pa.RecordBatch:
    """Narrows int64 columns, which must not hold nulls, and places in dictionaries.

    Args:
        batch: At least one row.
    """
    fields, columns = [], []
    for field, column in zip(batch.schema, batch.columns, strict=True):
        if pa.types.is_dictionary(field.type):
            narrow = np.min_scalar_type(len(column.dictionary))
            places = pa.array(column.indices.to_numpy().astype(narrow))
            column = pa.DictionaryArray.from_arrays(places, column.dictionary)
        elif field.type == pa.int64():
            values = column.to_numpy()
            least, most = int(values.min()), int(values.max())
            column = pa.array((values - least).astype(np.min_scalar_type(most - least)))
            field = field.with_metadata({LEAST: str(least)})
        fields.append(field.with_type(column.type))
        columns.append(column)
    return pa.record_batch(columns, schema=pa.schema(fields))


def unpack(batch: pa.RecordBatch, schema: pa.Schema) -> pa.RecordBatch:
    """What was packed, in the types of its schema."""
    columns = []
    for field, wanted in zip(batch.schema, schema, strict=True):
        column = batch.column(field.name)
        if pa.types.is_dictionary(wanted.type):
            places = column.indices.cast(wanted.type.index_type)
            column = pa.DictionaryArray.from_arrays(places, column.dictionary)
        elif wanted.type == pa.int64():
            column = pa.array(column.to_numpy().astype(np.int64) + int(field.metadata[LEAST]))
        columns.append(column)
    return pa.record_batch(columns, schema=schema)
