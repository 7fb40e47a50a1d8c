"""Histories by pandas, and by pyarrow where pandas would make a Python list for every user."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa

TYPES = {
    "userId": "category",
    "movieId": "category",
    "rating": "category",  # as text: one that is no number would fail the whole column
    "timestamp": "int64",
}


def group(directory: Path, out: Path) -> None:
    """Reads `ratings.csv`; writes `profiles-0.arrow`."""
    rows = pd.read_csv(directory / "ratings.csv", dtype=TYPES)
    known = pd.to_numeric(rows["rating"].cat.categories.to_series(), errors="coerce")
    rows["rating"] = np.append(known.to_numpy(np.float32), np.float32("nan"))[
        rows["rating"].cat.codes  # -1: none was given
    ]
    rows = rows[
        rows["rating"].between(0.5, 5)
        & rows["userId"].notna()
        & rows["movieId"].notna()
        & (rows["timestamp"] >= 0)
    ]
    rows = rows.sort_values(["userId", "timestamp"], kind="stable")
    rows = rows.drop_duplicates(["userId", "movieId"])
    starts = np.flatnonzero(np.diff(rows["userId"].cat.codes, prepend=-1))
    offsets = pa.array(np.append(starts, len(rows)).astype(np.int32))
    lists = {
        "history_item_id": pa.Array.from_pandas(rows["movieId"]).cast(pa.string()),
        "history_rating": pa.array(rows["rating"].to_numpy()),
        "history_timestamp": pa.array(rows["timestamp"].to_numpy()),
    }
    users = pa.Array.from_pandas(rows["userId"].iloc[starts]).cast(pa.string())
    histories = {name: pa.ListArray.from_arrays(offsets, values) for name, values in lists.items()}
    table = pa.table({"user_id": users, **histories})
    with pa.ipc.new_file(str(out / "profiles-0.arrow"), table.schema) as writer:
        writer.write_table(table)
