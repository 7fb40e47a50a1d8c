"""The tables of a comparison, as texts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from evaluation.leaderboard.wording import (
    DASH,
    Board,
    duration,
    figure,
    interval,
    memory,
    ranked,
    rated,
    signed,
)

LISTS = {
    "coverage@10": "coverage",
    "gini@10": "Gini",
    "novelty@10": "novelty, bits",
    "average_popularity@10": "popularity",
    "diversity@10": "diversity",
    "serendipity@10": "serendipity",
    "miscalibration@10": "miscalibration",
    "feature_coverage@10": "kinds",
}
"""Figures of what is listed, and the heads of their columns."""
ACCURACY = ("recall@50", "recall@200", "precision@10", "mrr@10", "map@10", "auc@200")


class Table(NamedTuple):
    """A table.

    Attributes:
        title: Above it.
        sentence: What it shows.
        header: Of each column.
        rows: A text for each column.
        words: How many columns, from the first, have words; the others have numbers.
    """

    title: str
    sentence: str
    header: list[str]
    rows: list[list[str]]
    words: int = 1


def ranking(board: Board) -> Table:
    """How well each model ranks, and what its fit took."""
    rows = []
    for of in ranked(board).values():
        figures, test = of["figures"], of.get("against", {}).get("ndcg@10")
        rows.append(
            [
                of["title"],
                figure(figures["hr@10"]),
                figure(figures["ndcg@10"]),
                interval(of["intervals"]["ndcg@10"]),
                figure(figures["hr@200"]),
                signed(test["difference"] if test else None),
                figure(test["p_holm"] if test else None),
                duration(of.get("fit_s")),
                memory(of.get("peak_mib")),
            ]
        )
    against = board["models"][board["against"]]["title"] if board["against"] else ""
    ahead = f" Ahead: how much {against} has more, paired by request." if against else ""
    return _without_empty_columns(
        "Ranking",
        "Every item of the catalogue is ranked for every request, seen ones left out; the best "
        f"NDCG@10 first.{ahead} Time and memory are those of a fit in a process of its own.",
        ["model", "HR@10", "NDCG@10", "95 %", "HR@200", "ahead", "p (Holm)", "fit", "memory"],
        rows,
    )


def accuracy(board: Board) -> Table:
    """The other figures of accuracy."""
    return Table(
        "More figures of accuracy",
        "By several cut-offs; the same order.",
        ["model", *ACCURACY],
        [
            [of["title"], *(figure(of["figures"].get(name)) for name in ACCURACY)]
            for of in ranked(board).values()
        ],
    )


def beyond_accuracy(board: Board) -> Table:
    """What the lists are like."""
    models = ranked(board)
    names = [name for name in LISTS if any(name in of["figures"] for of in models.values())]
    return Table(
        "Beyond accuracy",
        "Of the first 10 items: the share of the catalogue that is listed at all, how unevenly "
        "(Gini), how rare and how unlike each other the items are, how often a hit is one that "
        "popularity would not have made, how far the mix of kinds (of films: genres) is from the "
        "person's own (miscalibration, less is better), and the share of all kinds in a list.",
        ["model", *(LISTS[name] for name in names)],
        [
            [of["title"], *(_of_lists(name, of["figures"].get(name)) for name in names)]
            for of in models.values()
        ],
    )


def ratings(board: Board) -> Table:
    """How far predicted ratings are off."""
    models = rated(board)
    tested = any("against" in of["rating"] for of in models.values())
    one = next((of["title"] for of in models.values() if "against" not in of["rating"]), "")
    ahead = (
        f" Ahead: how much less {one} has of the squared error, paired by request."
        if tested
        else ""
    )
    return _without_empty_columns(
        "Ratings",
        f"Errors of predicted ratings in units of the rating scale, the least RMSE first.{ahead}",
        ["model", "RMSE", "95 %", "MAE", "ahead", "p (Holm)", "ratings", "fit", "memory"],
        [
            [
                of["title"],
                figure(of["rating"]["rmse"]),
                interval(of["rating"]["interval"]),
                figure(of["rating"]["mae"]),
                *_test(of["rating"].get("against")),
                f"{of['rating']['ratings']:,}",
                duration(of.get("rating_fit_s", of.get("fit_s"))),
                memory(of.get("rating_peak_mib", of.get("peak_mib"))),
            ]
            for of in models.values()
        ],
    )


def sources(board: Board) -> Table:
    """Where each model comes from."""
    return Table(
        "Models",
        "Each with its default settings; the name is what --models takes.",
        ["model", "name", "source"],
        [[of["title"], name, of["source"]] for name, of in board["models"].items()],
        words=3,
    )


def _without_empty_columns(
    title: str, sentence: str, header: list[str], rows: list[list[str]]
) -> Table:
    """A table without the columns in which no model has anything."""
    kept = [at for at in range(len(header)) if any(row[at] != DASH for row in rows)]
    return Table(
        title, sentence, [header[at] for at in kept], [[row[at] for at in kept] for row in rows]
    )


def _test(test: Mapping[str, float] | None) -> list[str]:
    """By how much the tested model's squared error is less, and the chance of it."""
    if test is None:
        return [figure(None)] * 2
    return [signed(-test["mse_difference"]), figure(test["p_holm"])]


def _of_lists(name: str, value: float | None) -> str:
    return figure(value, 1 if name == "average_popularity@10" else 3)
