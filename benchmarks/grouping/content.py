"""What was written, whoever wrote it and in however many files."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa

SCHEMA = pa.schema(
    {
        "user_id": pa.string(),
        "history_item_id": pa.list_(pa.string()),
        "history_rating": pa.list_(pa.float32()),
        "history_timestamp": pa.list_(pa.int64()),
    }
)


def content(out: Path) -> pa.Table:
    """All rows of `profiles-*.arrow`, sorted by user, of `SCHEMA`."""
    tables = []
    for path in sorted(out.glob("profiles-*.arrow")):
        with pa.ipc.open_file(str(path)) as file:
            tables.append(file.read_all().select(SCHEMA.names).cast(SCHEMA))
    return pa.concat_tables(tables).sort_by("user_id").combine_chunks()
