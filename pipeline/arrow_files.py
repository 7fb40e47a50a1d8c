"""Arrow files that a runner may write twice."""

from __future__ import annotations

import uuid
from pathlib import Path

import pyarrow as pa


def write_batch(batch: pa.RecordBatch, path: Path, rows: int | None = None) -> None:
    """Writes aside and renames, since a runner may run a bundle twice, even at the same time.

    Args:
        batch: What is written.
        path: Where to.
        rows: Most rows of a batch in the file; None: as they are.
    """
    aside = path.with_name(f"{path.name}.{uuid.uuid4().hex}")  # workers may share process ids
    with pa.ipc.new_file(str(aside), batch.schema) as writer:
        writer.write_table(pa.Table.from_batches([batch]), max_chunksize=rows)
    aside.replace(path)
