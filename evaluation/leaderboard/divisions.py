"""Figures of groups of people and of items, as tables with bars.

Names of groups may be texts of the data, which no picture carries: see `schemas.report`.
"""

from __future__ import annotations

from evaluation.leaderboard.wording import Board, figure, interval, ranked, short
from evaluation.segments import FEATURE
from schemas.report import parts
from schemas.report.markup import Html, data_text, element

SHOWN = "ndcg@10"
COLUMNS = 5
"""Models of a table."""
TITLES = {
    "user_activity": ("By activity", "Lists by how many events their history has"),
    "user_known": ("By acquaintance", "Lists of people who were fitted (known) or not (cold)"),
    "item_popularity": (
        "By popularity of what was asked for",
        "Head, middle and tail have a third of the fitted events each, cold items none",
    ),
}


def bars(board: Board, division: str) -> Html | None:
    """NDCG@10 of the best models in each segment of a division; None if it has but one."""
    segments = board["segments"][division]
    if len(segments) < 2:
        return None
    names = _columns(board)
    values = {s: {n: of[n][SHOWN] for n in names} for s, of in segments.items()}
    most = max(value for of in values.values() for value in of.values()) or 1.0
    rows = [
        (
            data_text(segment),
            f"{segments[segment]['lists']:,}",
            *(_bar(of[name], most, name == board["against"]) for name in names),
        )
        for segment, of in values.items()
    ]
    title, what = _title(division)
    best = [short(max(of, key=lambda name: of[name])) for of in values.values()]
    return parts.table(
        title,
        f"{what}: NDCG@10, the longer the better. The best from row to row: {', '.join(best)}.",
        ("", "lists", *(short(name) for name in names)),
        rows,
    )


def gaps(board: Board) -> Html | None:
    """How differently each model serves groups of people."""
    rows = []
    for division, models in board["gaps"].items():
        for name in _columns(board):
            found = models.get(name, {}).get(SHOWN)
            if found:
                rows.append(
                    (
                        data_text(division.removeprefix(FEATURE)),
                        element("span", short(name)),
                        data_text(found["best"]),
                        data_text(found["worst"]),
                        figure(found["gap"]),
                        interval(found["interval"]),
                    )
                )
    if not rows:
        return None
    return parts.table(
        "Gaps between groups of people",
        "NDCG@10 of the group that a model serves best less that of the one it serves worst; an "
        "interval that holds 0 says that it may be chance.",
        ("by", "model", "best served", "worst served", "gap", "95 %"),
        rows,
    )


def _columns(board: Board) -> list[str]:
    """The model that others are tested against, then the best of the others."""
    names = [name for name in ranked(board) if name != board["against"]]
    first = [board["against"]] if board["against"] else []
    return [*first, *names][:COLUMNS]


def _title(division: str) -> tuple[str, str]:
    if division in TITLES:
        return TITLES[division]
    name = division.removeprefix(FEATURE)
    return f"By {name}", f"Lists by what is known of people ({name})"


def _bar(value: float, most: float, marked: bool) -> Html:
    width = f"width: {90 * value / most:.1f}%"
    bar = element("span", class_="bar", style=width)
    kind = "cell marked" if marked else "cell"
    return element("div", figure(value), bar, class_=kind)
