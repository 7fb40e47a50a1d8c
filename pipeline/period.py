"""From when to when the events are."""

from __future__ import annotations

from pathlib import Path

import pyarrow.parquet as pq

from schemas.columns import HISTORY_TIMESTAMP


def period(profiles: Path) -> dict[str, int]:
    """Unix seconds of the `first` and the `last` event, from the file's footer alone.

    Args:
        profiles: Parquet file with at least one user, each with events that have a time.
    """
    footer = pq.read_metadata(profiles)
    # The leaf below the lists has statistics of its own, in every group of rows.
    leaf = next(
        at
        for at in range(footer.num_columns)
        if footer.schema.column(at).path.split(".")[0] == HISTORY_TIMESTAMP
    )
    found = [
        footer.row_group(group).column(leaf).statistics for group in range(footer.num_row_groups)
    ]
    return {"first": min(each.min for each in found), "last": max(each.max for each in found)}
