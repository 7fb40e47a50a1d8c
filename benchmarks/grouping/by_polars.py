"""Histories by polars' lazy frames."""

from __future__ import annotations

from pathlib import Path

import polars as pl

TYPES = {
    "userId": pl.Categorical,
    "movieId": pl.Categorical,
    "rating": pl.Float32,
    "timestamp": pl.Int64,
}


def group(directory: Path, out: Path) -> None:
    """Reads `ratings.csv`; writes `profiles-0.arrow`."""
    rows = pl.scan_csv(directory / "ratings.csv", schema=TYPES, ignore_errors=True)  # gives nulls
    histories = (
        rows.filter(
            pl.col("rating").is_between(0.5, 5),
            pl.col("userId").is_not_null(),
            pl.col("movieId").is_not_null(),
            pl.col("timestamp") >= 0,
        )
        # By time alone, and by user only once there is one row of each.
        .sort("timestamp", maintain_order=True)
        .unique(["userId", "movieId"], keep="first", maintain_order=True)
        .group_by("userId")
        .agg(
            history_item_id="movieId",
            history_rating="rating",
            history_timestamp="timestamp",
        )
        .select(
            pl.col("userId").cast(pl.String).alias("user_id"),
            pl.col("history_item_id").cast(pl.List(pl.String)),
            "history_rating",
            "history_timestamp",
        )
        .sort("user_id")
    )
    histories.collect().write_ipc(out / "profiles-0.arrow")
