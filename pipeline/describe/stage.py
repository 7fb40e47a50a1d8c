"""The describe stage: a prepared artefact in, `report.json` and `report.html` out."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from pipeline.describe.activity import activity
from pipeline.describe.catalogue import Catalogue, read_catalogue
from pipeline.describe.categories import category_shares, read_categories
from pipeline.describe.concentration import by_rank, concentration
from pipeline.describe.drift import REFERENCE, drift
from pipeline.describe.events import count_rows, read_items, read_users
from pipeline.describe.matrix import density, matrix_figures
from pipeline.describe.missing import UserMissing, item_missing
from pipeline.describe.page import page
from pipeline.describe.ratings import RatingCounts
from pipeline.describe.shares import share
from pipeline.describe.splits import count_splits
from pipeline.describe.times import TieCounts, TimeCounts
from schemas.artifacts import Artifact, write_json
from schemas.cards import Card, card_from_dict
from schemas.columns import ITEM_ID
from schemas.config import DescribeConfig

Progress = Callable[[str, int, int], None]
STEPS = 4


@dataclass(frozen=True, eq=False)
class Log:
    """All events, counted.

    Attributes:
        lengths: int64 `[users]`, events of each user, in the order of `profiles.parquet`.
        item_events: int64 `[items]`, events of each item of the catalogue.
        ratings: Of all events.
        times: Of all events.
        ties: Of all users.
        missing: Features of users.
    """

    lengths: np.ndarray
    item_events: np.ndarray
    ratings: RatingCounts
    times: TimeCounts
    ties: TieCounts
    missing: UserMissing


def describe(
    prepared: Artifact,
    config: DescribeConfig,
    out: Path,
    progress: Progress = lambda text, done, total: None,
) -> dict[str, Any]:
    """Fills `out` with `report.json`, as docs/describe.md explains it, and `report.html`.

    Args:
        prepared: The prepared artefact.
        config: The stage's settings.
        out: An empty directory.
        progress: Told of each step.

    Returns:
        The figures for the manifest: the report's `counts` and the drift in a few numbers.

    Raises:
        ValueError: There is no event, or an event names an item that the catalogue does not hold.
    """
    card = _card(prepared.path)
    catalogue = read_catalogue(prepared.path)
    profiles = prepared.path / "profiles.parquet"
    users = count_rows(profiles)
    progress(f"events of {users} users", 0, STEPS)
    log = count_events(profiles, catalogue, card)
    progress("user-item matrix", 1, STEPS)
    picture = density(
        read_items(profiles, catalogue), log.lengths, log.item_events, config.matrix_cells
    )
    progress("splits", 2, STEPS)
    report = _report(prepared, card, catalogue, log, config) | {"matrix": matrix_figures(picture)}
    progress("pictures", 3, STEPS)
    html = page(report, picture)
    write_json(out / "report.json", report)
    (out / "report.html").write_text(html, encoding="utf-8")
    progress("described", STEPS, STEPS)
    return report["counts"] | {"drift": _headlines(report["drift"])}


def count_events(profiles: Path, catalogue: Catalogue, card: Card) -> Log:
    """One pass over `profiles.parquet`.

    Raises:
        ValueError: It holds no event.
    """
    lengths, items = [np.zeros(0, np.int64)], np.zeros(len(catalogue), np.int64)
    ratings, times, ties = RatingCounts(card.rating), TimeCounts(), TieCounts()
    missing = UserMissing(card.user_features)
    for users in read_users(profiles, catalogue):
        lengths.append(users.length)
        items += np.bincount(users.events.item, minlength=len(items))
        ratings.add(users.events.rating)
        times.add(users.events.timestamp)
        ties.add(users.length, users.events.timestamp)
        missing.add(users.features, users.length)
    if not items.any():
        raise ValueError(f"{profiles}: expected users with events, got none")
    return Log(np.concatenate(lengths), items, ratings, times, ties, missing)


def _report(
    prepared: Artifact, card: Card, catalogue: Catalogue, log: Log, config: DescribeConfig
) -> dict[str, Any]:
    categories = read_categories(catalogue, card.item_features)
    splits = count_splits(prepared.path, catalogue, card.rating)
    return {
        "dataset": prepared.figures["dataset"],
        "prepared": prepared.version,
        "split": prepared.figures["split"],
        "counts": _counts(prepared, log),
        "items": concentration(log.item_events) | {"by_rank": by_rank(log.item_events)},
        "top_items": _top_items(catalogue, log.item_events, config.top_items),
        "users": concentration(log.lengths) | activity(log.lengths),
        "ratings": log.ratings.figures(),
        "times": log.times.figures(),
        "ties": log.ties.figures(),
        "categories": {
            name: category_shares(found, log.item_events, config.top_values)
            for name, found in categories.items()
        },
        "missing": {
            "items": item_missing(catalogue, card.item_features, log.item_events),
            "users": log.missing.figures(),
        },
        "splits": {name: counts.figures() for name, counts in splits.items()},
        "drift": drift(splits, categories, config.seed),
    }


def _counts(prepared: Artifact, log: Log) -> dict[str, Any]:
    users, items = len(log.lengths), len(log.item_events)
    events = int(log.item_events.sum())
    density = events / (users * items)
    return {
        "users": users,
        "items": items,
        "events": events,
        "items_without_events": int((log.item_events == 0).sum()),
        "rejected_rows": prepared.figures["rows"]["rejected"],
        # Not rounded: of a large catalogue every decimal that is left is needed.
        "density": density,
        "sparsity": 1 - density,
    }


def _top_items(catalogue: Catalogue, item_events: np.ndarray, most: int) -> list[dict[str, Any]]:
    rows = np.argsort(-item_events, kind="stable")[:most]
    rows = rows[item_events[rows] > 0]
    ids = catalogue.column(ITEM_ID).take(rows).to_pylist()
    return [
        {
            ITEM_ID: item_id,
            "title": title,
            "events": int(item_events[row]),
            "event_share": share(item_events[row], item_events.sum()),
        }
        for row, item_id, title in zip(rows, ids, catalogue.titles(rows), strict=True)
    ]


def _headlines(found: dict[str, Any]) -> dict[str, Any]:
    return {
        split: None
        if found[split] is None
        else {
            "new_item_event_share": found[split]["new_item_event_share"],
            "popularity": found[split]["popularity"]["jensen_shannon"],
        }
        for split in REFERENCE
    }


def _card(prepared: Path) -> Card:
    path = prepared / "card.json"
    return card_from_dict(json.loads(path.read_text(encoding="utf-8")), str(path))
