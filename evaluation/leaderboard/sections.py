"""The sections of the page; every picture says in a sentence what it shows."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from evaluation.leaderboard import plots, tables
from evaluation.leaderboard.divisions import bars, gaps
from evaluation.leaderboard.tables import Table
from evaluation.leaderboard.wording import Board, figure, listed, ranked, rated, short
from schemas.report import parts
from schemas.report.markup import Html, element

NDCG, HR = "ndcg@10", "hr@10"
SHORTEST_S = 0.01
"""Of a fit, on an axis that has no 0."""
CURVES = 6
"""Models of a picture of calibration; more would hide each other."""


def ranking(board: Board) -> Html | None:
    """Who ranks how well."""
    models = ranked(board)
    if not models:
        return None
    names = [*models]
    values = [of["figures"][NDCG] for of in models.values()]
    first = models[names[0]]["intervals"][NDCG]
    close = [
        models[name]["title"] for name in names[1:] if models[name]["intervals"][NDCG][1] > first[0]
    ]
    reach = (
        f"those of {listed(close)} overlap with the first one's"
        if close
        else "none overlaps with the first one's"
    )
    picture = parts.figure(
        "NDCG@10 of each model",
        f"The further right, the better; a line is where 95 % of draws of other people would put "
        f"the figure, and {reach}.",
        plots.intervals(
            [short(name) for name in names],
            values,
            [of["intervals"][NDCG] for of in models.values()],
            _marked(board),
            "NDCG@10",
        ),
    )
    shown = (_table(tables.ranking(board)), picture, _table(tables.accuracy(board)))
    return parts.section("Ranking", *shown)


def trade_offs(board: Board) -> Html | None:
    """What accuracy costs."""
    models = ranked(board)
    if not models:
        return None
    shown = [_coverage(board, models), _popularity(board, models), _time(board, models)]
    pictures = [picture for picture in shown if picture is not None]
    return parts.section("What accuracy costs", *pictures, _table(tables.beyond_accuracy(board)))


def ratings(board: Board) -> Html | None:
    """Predicted ratings, and how likely they say a rating is liked."""
    models = rated(board)
    if not models:
        return None
    curves = {short(name): of["rating"]["calibration"] for name, of in [*models.items()][:CURVES]}
    shown = [
        parts.figure(
            "Calibration of predicted ratings",
            f"Of {listed([*curves])}, in ten groups from low to high predictions: below the dashed "
            "line people rated lower than was predicted.",
            plots.calibration(curves, "mean predicted rating", "mean rating given"),
        )
    ]
    likes = {short(name): of["like"] for name, of in board["models"].items() if "like" in of}
    if likes:
        threshold = next(iter(likes.values()))["threshold"]
        error = ", ".join(f"{name} {figure(of['calibration_error'])}" for name, of in likes.items())
        shown.append(
            parts.figure(
                f"Calibration of the chance that a rating is {threshold:g} or more",
                f"In ten groups from low to high predictions: on the dashed line what was said to "
                f"happen in so many of a hundred cases did; mean distance: {error}.",
                plots.calibration(
                    {name: of["calibration"] for name, of in likes.items()},
                    "mean predicted chance",
                    "share that was liked",
                ),
            )
        )
    return parts.section("Ratings", _table(tables.ratings(board)), parts.pair(*shown))


def people_and_items(board: Board) -> Html | None:
    """For whom and for what each model works."""
    made = [*(bars(board, division) for division in board["segments"]), gaps(board)]
    shown = [table for table in made if table is not None]
    return parts.section("For whom it works", *shown) if shown else None


def learning(board: Board) -> Html | None:
    """Validation after each epoch, of models that keep a log of it."""
    shown = []
    for key, what, asks in (
        (
            NDCG,
            "retrieval",
            "the newest events of each history, which were held back, are asked for",
        ),
        (
            f"validation_{NDCG}",
            "ranking",
            "the newest event of each history that was held back is asked for among what was found",
        ),
    ):
        curves = {
            short(name): [epoch[key] for epoch in epochs if key in epoch]
            for name, of in board["models"].items()
            for epochs in of.get("curves", {}).values()
            if any(key in epoch for epoch in epochs)
        }
        if curves:
            best = ", ".join(
                f"{name} {figure(max(values))} after {1 + values.index(max(values))} of "
                f"{len(values)} epochs"
                for name, values in curves.items()
            )
            shown.append(
                parts.figure(
                    f"Learning curves of {what}",
                    f"Validation NDCG@10 after each epoch, where {asks}; the best: {best}.",
                    plots.learning(curves, "validation NDCG@10"),
                )
            )
    return parts.section("Learning", *shown) if shown else None


def method(board: Board) -> Html:
    """How all of it was measured."""
    protocol, machine = board["protocol"], board["machine"]
    split = ", ".join(f"{name} {value}" for name, value in board["split"].items())
    facts = [
        ("Split", split),
        *([("Lists", protocol["ranking"])] if ranked(board) else []),
        ("Asked for", f"{protocol['targets']:,} events in {protocol['lists']:,} lists"),
        ("Intervals", f"95 %, {protocol['resamples']:,} draws of people, seed {protocol['seed']}"),
        (
            "Machine",
            f"{machine['processor']}, {machine['cores_used']} cores, {machine['memory_gib']} GiB",
        ),
        ("Versions", ", ".join(f"{name} {v}" for name, v in board["versions"].items())),
    ]
    rows = [
        (element("strong", name, class_="number"), element("span", text)) for name, text in facts
    ]
    left_out = [
        element("li", element("strong", name), f": {reason}")
        for name, reason in board["left_out"].items()
    ]
    return parts.section(
        "How it was measured",
        parts.table("Settings", "docs/evaluation.md defines every figure.", (), rows),
        _table(tables.sources(board)),
        *([element("p", "Left out:"), element("ul", *left_out)] if left_out else []),
    )


def _coverage(board: Board, models: Mapping[str, Any]) -> Html | None:
    def sentence(across: list[float]) -> str:
        widest = [*models.values()][across.index(max(across))]["title"]
        return (
            f"Up is more accurate, right is more of the catalogue shown to anybody: {widest} shows "
            f"most of it, {max(across):.0%}."
        )

    return _trade_off(
        board,
        models,
        "Accuracy against coverage",
        "coverage@10",
        "share of the catalogue",
        sentence,
    )


def _popularity(board: Board, models: Mapping[str, Any]) -> Html | None:
    def sentence(across: list[float]) -> str:
        rarest = [*models.values()][across.index(min(across))]["title"]
        return (
            f"Up is more accurate, left is less popular: the items that {rarest} lists have "
            f"{min(across):.0f} people each on average, the least."
        )

    return _trade_off(
        board,
        models,
        "Accuracy against popularity",
        "average_popularity@10",
        "people who have the listed items, on average",
        sentence,
    )


def _trade_off(
    board: Board,
    models: Mapping[str, Any],
    title: str,
    name: str,
    xlabel: str,
    sentence: Callable[[list[float]], str],
) -> Html | None:
    if not all(name in of["figures"] for of in models.values()):
        return None  # a model whose lists are all empty
    across = [of["figures"][name] for of in models.values()]
    up = [of["figures"][NDCG] for of in models.values()]
    names = [short(model) for model in models]
    svg = plots.trade_off(names, across, up, _marked(board), xlabel, "NDCG@10")
    return parts.figure(title, sentence(across), svg)


def _time(board: Board, models: Mapping[str, Any]) -> Html:
    across = [max(of["fit_s"], SHORTEST_S) for of in models.values()]
    up = [of["figures"][NDCG] for of in models.values()]
    titles = [of["title"] for of in models.values()]
    slowest = titles[across.index(max(across))]
    return parts.figure(
        "Accuracy against training time",
        f"Up is more accurate, left is sooner done (each step of the axis is a multiple): "
        f"{slowest} takes longest, {tables.duration(max(across))}.",
        plots.trade_off(
            [short(model) for model in models],
            across,
            up,
            _marked(board),
            "time of the fit",
            "NDCG@10",
            seconds=True,
        ),
    )


def _marked(board: Board) -> str | None:
    return short(board["against"]) if board["against"] else None


def _table(table: Table) -> Html:
    rows = [
        (*(element("span", word) for word in row[: table.words]), *row[table.words :])
        for row in table.rows
    ]
    return parts.table(table.title, table.sentence, table.header, rows)
