"""What is asked for beside what was fitted: `validation` beside `train`, `test` beside `fit`."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

import numpy as np

from pipeline.describe.categories import Categories
from pipeline.describe.distances import by_chance, jensen_shannon
from pipeline.describe.shares import normalised, rounded, share
from pipeline.describe.splits import SplitCounts

REFERENCE = {"validation": "train", "test": "fit"}
"""What may have been fitted when a split's requests are answered."""
GROUPS = 10
"""Of items by popularity, each with about a tenth of the reference's events."""
MOST_CHANGES = 5


def drift(
    splits: Mapping[str, SplitCounts], categories: Mapping[str, Categories], seed: int
) -> dict[str, dict[str, Any] | None]:
    """Both comparisons, by split; None where one side has no event."""
    return {
        split: _compare(splits[fitted], splits[split], fitted, categories, seed)
        if splits[split].events and splits[fitted].events
        else None
        for split, fitted in REFERENCE.items()
    }


def _compare(
    fitted: SplitCounts,
    asked: SplitCounts,
    reference: str,
    categories: Mapping[str, Categories],
    seed: int,
) -> dict[str, Any]:
    """One comparison.

    Returns:
        `reference`: the split compared with. `new_items`: items asked for that it does not hold,
        with the events and the share of events that ask for them. `popularity`: distance over
        groups of items, and the `groups`, the most popular first and unknown items last.
        `rating_mean_change`. `ratings`: distance over rating values; None where one side has none
        or only its mean is known. `categories`: by feature, distance over its values and the
        `largest_changes` of share. A distance is `jensen_shannon` beside `by_chance`, what the
        reference itself reaches 1 time in 20 in a sample as large as what is asked.
    """
    random = np.random.default_rng(seed)
    new = (fitted.items == 0) & (asked.items > 0)
    popularity = popularity_groups(fitted.items)
    return {
        "reference": reference,
        "new_items": int(new.sum()),
        "new_item_events": int(asked.items[new].sum()),
        "new_item_event_share": share(asked.items[new].sum(), asked.events),
        "popularity": _distance(popularity, fitted.items, asked.items, random)
        | {"groups": _groups(popularity, fitted.items, asked.items)},
        "rating_mean_change": _change(fitted.rating_mean, asked.rating_mean),
        "ratings": _rating_distance(fitted, asked, random),
        "categories": {
            name: _distance(found, fitted.items, asked.items, random)
            | {"largest_changes": _changes(found, fitted.items, asked.items)}
            for name, found in categories.items()
            if _mentioned(found, fitted.items) and _mentioned(found, asked.items)
        },
    }


def popularity_groups(item_events: np.ndarray) -> Categories:
    """Items in `GROUPS` groups of about as many events, the most popular first, and a last one.

    Args:
        item_events: int64 `[items]`; items without events are the last group.
    """
    order = np.argsort(-item_events, kind="stable")
    running = np.cumsum(item_events[order])
    middle = running - item_events[order] / 2
    group = np.full(len(item_events), GROUPS)
    group[order] = np.minimum(middle * GROUPS // running[-1], GROUPS - 1)
    group[item_events == 0] = GROUPS
    names = [*(str(number + 1) for number in range(GROUPS)), "new"]
    return Categories(names, np.arange(len(item_events)), group)


def _distance(
    found: Categories, fitted: np.ndarray, asked: np.ndarray, random: np.random.Generator
) -> dict[str, float]:
    reference = found.count(fitted)

    def distance(items: np.ndarray) -> float:
        counts = found.count(items)
        return jensen_shannon(reference, counts) if counts.any() else 0.0

    return {
        "jensen_shannon": rounded(distance(asked)),
        "by_chance": rounded(by_chance(fitted, int(asked.sum()), distance, random)),
    }


def _rating_distance(
    fitted: SplitCounts, asked: SplitCounts, random: np.random.Generator
) -> dict[str, float] | None:
    if not (fitted.ratings and asked.ratings and fitted.ratings.rated and asked.ratings.rated):
        return None
    if fitted.ratings.many or asked.ratings.many:
        left, right = fitted.ratings.bins, asked.ratings.bins
    else:
        values = sorted(fitted.ratings.values | asked.ratings.values)
        left, right = (
            np.array([counts.values[value] for value in values])
            for counts in (fitted.ratings, asked.ratings)
        )
    reached = by_chance(left, int(right.sum()), partial(jensen_shannon, left), random)
    return {
        "jensen_shannon": rounded(jensen_shannon(left, right)),
        "by_chance": rounded(reached),
    }


def _groups(found: Categories, fitted: np.ndarray, asked: np.ndarray) -> list[dict[str, Any]]:
    """`group`, its `items`, `reference_share` and `share` of the events."""
    items = found.count(np.ones_like(fitted))
    before, now = normalised(found.count(fitted)), normalised(found.count(asked))
    return [
        {"group": name, "items": int(count), "reference_share": rounded(a), "share": rounded(b)}
        for name, count, a, b in zip(found.values, items, before, now, strict=True)
    ]


def _changes(found: Categories, fitted: np.ndarray, asked: np.ndarray) -> list[dict[str, Any]]:
    """The values whose share of all mentions changes most, the largest first."""
    before, now = normalised(found.count(fitted)), normalised(found.count(asked))
    order = np.argsort(-np.abs(now - before), kind="stable")[:MOST_CHANGES]
    return [
        {
            "value": found.values[code],
            "reference_share": rounded(before[code]),
            "share": rounded(now[code]),
        }
        for code in order
    ]


def _mentioned(found: Categories, items: np.ndarray) -> bool:
    return bool(found.count(items).any())


def _change(before: float | None, now: float | None) -> float | None:
    return None if before is None or now is None else rounded(now - before)
