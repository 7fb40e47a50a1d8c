"""`per_request.parquet`: where each model had each held-out item; all accuracy follows from it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from evaluation.metrics.accuracy import MISSED, Targets
from evaluation.requests import Requests
from schemas import columns

FILE = "per_request.parquet"
LIST = "list"
RANK = "rank_"
REQUEST = (LIST, columns.USER_ID, columns.TARGET_ITEM_ID)


def per_request(requests: Requests, ranks: Mapping[str, Targets]) -> pa.Table:
    """A row for each request, in their order.

    Returns:
        `list` int64, number of the list that the request is answered by; `user_id` and
        `target_item_id` string; for each model `rank_<model>` int32, null where the target is not
        among the first 200.
    """
    of_requests = {
        LIST: pa.array(requests.of_list),
        columns.USER_ID: pa.array(requests.user_ids, pa.string()),
        columns.TARGET_ITEM_ID: pa.array(requests.item_ids[requests.target_item], pa.string()),
    }
    of_models = {f"{RANK}{name}": _ranks(targets.rank) for name, targets in ranks.items()}
    return pa.table(of_requests | of_models)


def read_per_request(evaluation: Path) -> pa.Table:
    """Reads it from an `evaluation` directory.

    Raises:
        FileNotFoundError: An older version of this package has made the directory.
    """
    return pq.read_table(evaluation / FILE)


def targets_of(table: pa.Table) -> dict[str, Targets]:
    """What `per_request` was given for each model."""
    of_list = table[LIST].to_numpy()
    return {
        name.removeprefix(RANK): Targets(
            of_list, table[name].cast(pa.int64()).fill_null(MISSED).to_numpy()
        )
        for name in table.column_names
        if name.startswith(RANK)
    }


def _ranks(rank: np.ndarray) -> pa.Array:
    missed = rank == MISSED
    return pa.array(np.where(missed, 0, rank).astype(np.int32), mask=missed)
