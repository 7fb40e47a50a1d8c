"""Whom a benchmark of the server asks for."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow.compute as pc
import pyarrow.parquet as pq

from schemas import columns
from schemas.artifacts import open_artifact


def users_with_history(run: Path, seed: int) -> list[str]:
    """The known users of a run who have a history, in an order that is drawn."""
    path = open_artifact(run / "prepared").path / "profiles.parquet"
    table = pq.read_table(path, columns=[columns.USER_ID, columns.HISTORY_ITEM_ID])
    some = pc.greater(pc.list_value_length(table[columns.HISTORY_ITEM_ID]), 0)
    users = table.filter(some)[columns.USER_ID].to_pylist()
    return [users[at] for at in np.random.default_rng(seed).permutation(len(users))]
