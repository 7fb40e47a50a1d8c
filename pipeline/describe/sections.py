"""The sections of the page, one function each; every picture says in a sentence what it shows."""

from __future__ import annotations

from typing import Any

import numpy as np

from pipeline.describe import plots
from pipeline.describe.drift_section import drift
from schemas.report.markup import Html, data_text, element, joined
from schemas.report.parts import (
    DASH,
    count,
    decimal,
    figure,
    pair,
    percent,
    section,
    share_bars,
    table,
)

__all__ = [
    "activity",
    "categories",
    "drift",
    "long_tail",
    "matrix",
    "missing",
    "overview",
    "ratings",
    "times",
]


def overview(report: dict[str, Any]) -> Html:
    """What there is, in numbers."""
    counts, users = report["counts"], report["users"]
    rows = [
        ("Users", count(counts["users"])),
        ("Items", count(counts["items"])),
        ("of them without any event", count(counts["items_without_events"])),
        ("Events", count(counts["events"])),
        ("Rows rejected in preparation", count(counts["rejected_rows"])),
        ("Density: share of user-item pairs that are an event", percent(counts["density"])),
        ("Sparsity: share that are none", percent(counts["sparsity"])),
        ("Events of the median user", count(users["percentiles"]["50"])),
        ("Mean rating", decimal((report["ratings"] or {}).get("mean"))),
    ]
    if report["times"]:
        rows.append(("First event", report["times"]["from"]))
        rows.append(("Last event", report["times"]["to"]))
    return section(
        "Overview",
        table("Counts", "All events, before they are split.", (), _labelled(rows)),
    )


def long_tail(report: dict[str, Any]) -> Html:
    """How few items hold how many events."""
    items, users = report["items"], report["users"]
    tops = ", ".join(f"{percent(v)} on the top {k}%" for k, v in items["top_share"].items())
    return section(
        "Long tail",
        pair(
            figure(
                "Inequality (Lorenz curves)",
                f"The further a curve hangs below the dashed line, the fewer hold the events: the "
                f"Gini index is {decimal(items['gini'])} for items and {decimal(users['gini'])} "
                f"for users.",
                plots.lorenz(items["lorenz"], users["lorenz"]),
            ),
            figure(
                "Popularity by rank",
                f"Half of all events are on the {count(items['owners_of_half'])} most popular "
                f"items: {tops} of the catalogue.",
                plots.popularity(items["by_rank"]),
            ),
        ),
        table(
            "Most popular items",
            "The items with the most events.",
            ("item", "title", "events", "of all"),
            [
                (
                    data_text(item["item_id"]),
                    data_text(item["title"]),
                    count(item["events"]),
                    percent(item["event_share"]),
                )
                for item in report["top_items"]
            ],
        ),
    )


def activity(users: dict[str, Any]) -> Html:
    """How much people do."""
    percentiles = users["percentiles"]
    return section(
        "Activity",
        figure(
            "Events per user",
            f"At least half of the users have {count(percentiles['50'])} events or fewer, at most "
            f"one in twenty has more than {count(percentiles['95'])}, and the most active one has "
            f"{count(users['max'])}.",
            plots.bars(
                [_range(bin_["from"], bin_["to"]) for bin_ in users["histogram"]],
                [bin_["users"] for bin_ in users["histogram"]],
                "events of a user",
                "users",
            ),
        ),
        table(
            "Percentiles",
            "So many percent of the users have at most so many events.",
            [f"{percent_}%" for percent_ in percentiles],
            [[count(value) for value in percentiles.values()]],
        ),
    )


def matrix(figures: dict[str, Any], picture: np.ndarray) -> Html:
    """The user-item matrix."""
    return section(
        "User-item matrix",
        figure(
            "Where the events are",
            f"Each cell is a part of the users and of the items; among the most active users and "
            f"the most popular items, top left, {percent(figures['top_left'])} of the pairs are an "
            f"event, and {percent(1 - figures['filled_share'])} of the cells, white, have none.",
            plots.matrix(picture),
        ),
    )


def ratings(found: dict[str, Any] | None) -> Html:
    """How people rate."""
    if found is None:
        return section("Ratings", element("p", "Nothing is rated: the data is implicit."))
    return section(
        "Ratings",
        figure(
            "Distribution of ratings",
            f"The mean is {decimal(found['mean'])} with a standard deviation of "
            f"{decimal(found['standard_deviation'])}; {percent(found['rated_share'])} of the "
            f"events are rated.",
            plots.bars(
                [_range(bin_["from"], bin_["to"]) for bin_ in found["histogram"]],
                [bin_["events"] for bin_ in found["histogram"]],
                "rating",
                "events",
            ),
        ),
    )


def times(found: dict[str, Any] | None, ties: dict[str, Any] | None) -> Html:
    """When events happen."""
    if found is None or ties is None:
        return section("Time", element("p", "No time is known: the order of the source counts."))
    busiest = max(found["by_month"], key=lambda point: point["events"])
    weekdays = found["by_weekday"]
    return section(
        "Time",
        figure(
            "Events per month",
            f"From {found['from']} to {found['to']}; the busiest month was {busiest['month']} with "
            f"{count(busiest['events'])} events.",
            plots.months(found["by_month"]),
        ),
        figure(
            "Events by weekday and hour",
            f"Most events fall on a {max(weekdays, key=lambda day: weekdays[day])}, in UTC, which "
            f"may not be the users' own time.",
            plots.week(found["by_hour"]),
        ),
        element(
            "p",
            element("strong", "Ties. "),
            f"{percent(ties['tied_event_share'])} of the events share their second with another "
            f"event of the same user, up to {count(ties['longest_tie'])} at once. For "
            f"{percent(ties['user_tied_at_end_share'])} of the users the two newest events are "
            f"tied, so that only the order of the source says which is the last. "
            f"{count(found['without_time'])} events have no time.",
        ),
    )


def categories(found: dict[str, Any]) -> Html:
    """What the catalogue is made of, and what people choose of it."""
    if not found:
        return section("Categories", element("p", "No item feature is categorical."))
    return section("Categories", *(_category(name, feature) for name, feature in found.items()))


def missing(found: dict[str, dict[str, Any]]) -> Html:
    """What is not known."""
    rows = [
        (
            element("span", f"{name} of {owner}"),
            element("span", feature["kind"]),
            count(feature["missing"]),
            percent(feature["missing_share"]),
            percent(feature["missing_event_share"]),
        )
        for owner, features in found.items()
        for name, feature in features.items()
    ]
    if not rows:
        return section("Missing values", element("p", "Neither items nor users have features."))
    return section(
        "Missing values",
        table(
            "Features that are not known",
            "Of the items or users, and of the events that concern them.",
            ("feature", "kind", "missing", "share", "share of events"),
            rows,
        ),
    )


def _category(name: str, found: dict[str, Any]) -> Html:
    listed = found["listed"]
    if not listed:
        return element("p", f"{name}: no item has a value.")
    widest = max(max(row["item_share"], row["event_share"]) for row in listed) or 1.0
    return table(
        f"{name}: {count(found['values'])} values",
        f"The {count(len(listed))} with the most events, with their share of items (blue) and of "
        "events (orange).",
        (name, "", "items", "share", "events", "share"),
        [
            (
                data_text(row["value"]),
                share_bars(row["item_share"], row["event_share"], widest),
                count(row["items"]),
                percent(row["item_share"]),
                count(row["events"]),
                percent(row["event_share"]),
            )
            for row in listed
        ],
    )


def _labelled(rows: list[tuple[str, str]]) -> list[tuple[Html, str]]:
    return [(joined(label), value) for label, value in rows]


def _range(low: float, high: float) -> str:
    return f"{low:g}" if low == high else f"{low:g}{DASH}{high:g}"
