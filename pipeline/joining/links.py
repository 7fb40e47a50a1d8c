"""Which IMDb id an item has: `links.csv` of the MovieLens releases, or a table of one's own."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pyarrow.csv

from pipeline.joining.records import imdb_ids
from pipeline.sources.files import SourceError
from schemas.columns import ITEM_ID

LINKS = pa.schema([(ITEM_ID, pa.string()), ("imdb_id", pa.string())])


def read_links(path: Path, item_id: str = "movieId", imdb_id: str = "imdbId") -> pa.Table:
    """Reads a CSV file with a header line.

    Args:
        path: The file.
        item_id: Name of the column of item ids.
        imdb_id: Name of the column of IMDb ids, with or without "tt" and leading zeros.

    Returns:
        As `LINKS`; `imdb_id` is "" where there is none.

    Raises:
        SourceError: There is no such file, it lacks a column or has a ragged line.
    """
    if not path.is_file():
        raise SourceError(f"{path}: expected a file, found none")
    wanted = [item_id, imdb_id]
    try:
        table = pa.csv.read_csv(
            path,
            convert_options=pa.csv.ConvertOptions(
                include_columns=wanted, column_types=dict.fromkeys(wanted, pa.string())
            ),
        )
    except (pa.ArrowException, OSError) as error:
        raise SourceError(f"{path}: expected CSV with the columns {wanted}, got {error}") from error
    table = table.combine_chunks()
    return pa.table([table.column(item_id), imdb_ids(table.column(imdb_id))], schema=LINKS)
