"""The events that every library trains on."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv

from benchmarks.rating_log import write_release

EVENTS = "events.csv"
ITEMS = 3_706
LINES = 1_050_000
"""Of the generated log; about 1M are left of `ITEMS`, as MovieLens 1M has."""


def write_events(directory: Path, seed: int) -> int:
    """Writes `events.csv` (`user_id,item_id,timestamp`, by user and time); returns its rows."""
    write_release(directory, LINES, seed)
    table = pa.csv.read_csv(directory / "ratings.csv")
    table = table.select(["userId", "movieId", "timestamp"]).rename_columns(
        ["user_id", "item_id", "timestamp"]
    )
    table = table.filter(pc.less_equal(table["item_id"], ITEMS))
    table = table.sort_by([("user_id", "ascending"), ("timestamp", "ascending")])
    pair = table["user_id"].to_numpy() * (ITEMS + 1) + table["item_id"].to_numpy()
    first = np.sort(np.unique(pair, return_index=True)[1])
    table = table.take(first)
    pa.csv.write_csv(table, directory / EVENTS)
    return int(table.num_rows)
