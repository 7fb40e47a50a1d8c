"""The section of the page that sets what is asked for beside what was fitted."""

from __future__ import annotations

from typing import Any

from pipeline.describe import plots
from schemas.report.markup import Html, data_text, element
from schemas.report.parts import DASH, count, decimal, figure, percent, section, table


def drift(report: dict[str, Any]) -> Html:
    """Splits in numbers, the popularity of what is asked for, and every distance."""
    found = {split: one for split, one in report["drift"].items() if one is not None}
    if not found:
        nothing = element("p", "There is no request, so there is nothing to compare.")
        return section("Drift between splits", _splits(report), nothing)
    return section(
        "Drift between splits",
        _splits(report),
        figure(
            "Popularity of what is asked for",
            "Pale bars are the events that were fitted, in ten groups of items of about a tenth "
            f"each; where full bars differ, requests are for other items: {_new_items(found)}.",
            plots.groups({split: one["popularity"]["groups"] for split, one in found.items()}),
        ),
        _distances(found),
        *(
            _changes(split, one["reference"], feature, distance["largest_changes"])
            for split, one in found.items()
            for feature, distance in one["categories"].items()
        ),
    )


def _splits(report: dict[str, Any]) -> Html:
    kind = report["split"]["kind"].replace("_", "-")
    return table(
        "Splits",
        f"Divided by {kind}; validation and test are counted by what is asked for.",
        ("split", "events", "items", "mean rating", "first", "last"),
        [
            (
                element("span", name),
                count(split["events"]),
                count(split["items"]),
                decimal(split["rating_mean"]),
                split["from"] or DASH,
                split["to"] or DASH,
            )
            for name, split in report["splits"].items()
        ],
    )


def _new_items(found: dict[str, Any]) -> str:
    return " and ".join(
        f"{percent(one['new_item_event_share'])} of {split} for items that {one['reference']} "
        "does not hold"
        for split, one in found.items()
    )


def _distances(found: dict[str, Any]) -> Html:
    rows = [
        (
            element("span", f"{split} beside {one['reference']}"),
            element("span", name),
            decimal(distance["jensen_shannon"]),
            decimal(distance["by_chance"]),
            element("span", _verdict(distance)),
        )
        for split, one in found.items()
        for name, distance in _by_name(one).items()
    ]
    return table(
        "Distances",
        "Jensen-Shannon distance, from 0 for the same shares to 1 for nothing shared, beside what "
        "chance alone reaches 1 time in 20 in a sample of that size.",
        ("splits", "of", "distance", "by chance", ""),
        rows,
    )


def _by_name(one: dict[str, Any]) -> dict[str, dict[str, float]]:
    rated = {"ratings": one["ratings"]} if one["ratings"] else {}
    return {"item popularity": one["popularity"]} | rated | one["categories"]


def _verdict(distance: dict[str, float]) -> str:
    return "drift" if distance["jensen_shannon"] > distance["by_chance"] else "no more than chance"


def _changes(split: str, reference: str, feature: str, changes: list[dict[str, Any]]) -> Html:
    return table(
        f"{feature}: {split} beside {reference}",
        "The values whose share of all mentions changes most.",
        (feature, reference, split),
        [
            (data_text(row["value"]), percent(row["reference_share"]), percent(row["share"]))
            for row in changes
        ],
    )
