from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from pipeline.period import period
from schemas.columns import HISTORY_TIMESTAMP


def test_first_and_last_of_all_groups(tmp_path: Path) -> None:
    histories = [[5, 9], [7], [], [3, 8]]
    others = [[1, 99]] * len(histories)
    table = pa.table({"history_item_number": others, HISTORY_TIMESTAMP: histories})
    pq.write_table(table, tmp_path / "profiles.parquet", row_group_size=2)
    assert pq.read_metadata(tmp_path / "profiles.parquet").num_row_groups == 2
    assert period(tmp_path / "profiles.parquet") == {"first": 3, "last": 9}
