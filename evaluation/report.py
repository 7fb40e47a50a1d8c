"""The report of a run: one dictionary to keep, one table to look at."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd
from rich.console import Group
from rich.table import Table
from rich.text import Text

from schemas.artifacts import Artifact, package_versions

NOT_RANKINGS = ("protocol", "intervals", "segments", "gaps", "rating", "like", "pair")
SHOWN = ("hr@10", "hr@200", "ndcg@10", "coverage@10")
"""Figures of the table; the JSON has all."""
SHOWN_INTERVAL = "ndcg@10"
COMPARED = ("hr@10", "hr@200", "ndcg@10")


def assemble_report(
    dataset: str,
    artifacts: Mapping[str, Artifact],
    metrics: Mapping[str, Mapping[str, Any]],
    recommendations: Sequence[Mapping[str, Any]],
) -> dict[str, Any]:
    """Puts together what `report.json` holds.

    Args:
        dataset: Name of the data set.
        artifacts: Stage name to artefact; `prepared` and `index` are read for more than their
            version and duration.
        metrics: As `evaluation.suite.evaluate` returns them, the protocol among them.
        recommendations: Examples to show, as plain data.

    Returns:
        JSON-ready: dataset, source, protocol, rows, versions (of artefacts and packages), seconds
        (of each stage's build, also where this run found it built), metrics, index (kind, recall)
        and recommendations.

    Raises:
        KeyError: `prepared` or `index` is missing, or one of their figures.
    """
    prepared, index = artifacts["prepared"].figures, artifacts["index"].figures
    return {
        "dataset": dataset,
        "source": prepared["source"],
        "protocol": metrics["protocol"],
        "rows": prepared["rows"],
        "versions": {
            "artifacts": {name: artifact.version for name, artifact in artifacts.items()},
            "packages": package_versions(),
        },
        "seconds": {name: artifact.manifest["seconds"] for name, artifact in artifacts.items()},
        "metrics": {n: dict(figures) for n, figures in metrics.items() if n != "protocol"},
        "index": {"kind": index["kind"], "recall": index["recall"]},
        "recommendations": [dict(recommendation) for recommendation in recommendations],
    }


def metrics_frame(metrics: Mapping[str, Mapping[str, Any]]) -> pd.DataFrame:
    """The rankings of a report's metrics: a row for each, a column for each figure shown."""
    rankings = {name: values for name, values in metrics.items() if name not in NOT_RANKINGS}
    return pd.DataFrame.from_dict(rankings, orient="index")[[*SHOWN]]


def metrics_table(metrics: Mapping[str, Mapping[str, Any]]) -> Group:
    """A Rich table of the rankings and the rating errors below it, the best in bold.

    Args:
        metrics: As `evaluation.suite.evaluate` returns them; `rating`, `like` and `pair` may be
            missing.
    """
    lines = [
        _errors(name, metrics[name], marked)
        for name, marked in (
            ("rating", {"rmse": "model", "bias_rmse": "bias model"}),
            (
                "pair",
                {
                    "rmse": "joint",
                    "rmse_average_of_singles": "average of singles",
                    "rmse_average_of_bias": "average of bias model",
                },
            ),
        )
        if name in metrics and "rmse" in metrics[name]
    ]
    if "like" in metrics:
        lines.append(_likes(metrics["like"]))
    return Group(_rankings_table(metrics), *lines)


def comparison_table(compared: Mapping[str, Mapping[str, Any]]) -> Table:
    """A Rich table of `evaluation.comparison.compare`; what no chance explains in bold."""
    table = Table("model", "figure", title="Against the other run, paired by request")
    for column in ("this", "other", "difference", "95 %", "p"):
        table.add_column(column, justify="right")
    for name, figures in compared.items():
        for figure in COMPARED:
            found = figures[figure]
            table.add_row(
                name.replace("_", " "),
                figure,
                f"{found['ours']:.4f}",
                f"{found['theirs']:.4f}",
                Text(f"{found['difference']:+.4f}", style="bold" if found["p"] < 0.05 else ""),
                _interval(found["interval"], "+.4f"),
                f"{found['p']:.4f}",
            )
    return table


def seconds_table(seconds: Mapping[str, float]) -> Table:
    """A Rich table of a report's `seconds`."""
    table = Table("stage", "seconds", title="Time to build")
    for stage, value in seconds.items():
        table.add_row(stage.replace("_", " "), f"{value:.1f}")
    return table


def _rankings_table(metrics: Mapping[str, Mapping[str, Any]]) -> Table:
    protocol, frame = metrics["protocol"], metrics_frame(metrics).round(4)
    table = Table(title=f"{protocol['targets']} held-out events of {protocol['users']} users")
    table.add_column("model")
    best = frame.max()
    for figure in SHOWN:
        table.add_column(figure, justify="right")
        if figure == SHOWN_INTERVAL:
            table.add_column("95 %", justify="right")
    for name, values in frame.iterrows():
        cells: list[Text | str] = []
        for figure in SHOWN:
            cells.append(_figure(values[figure], values[figure] == best[figure]))
            if figure == SHOWN_INTERVAL:
                cells.append(_interval(metrics["intervals"][str(name)][figure], ".3f"))
        table.add_row(str(name).replace("_", " "), *cells)
    return table


def _errors(name: str, figures: Mapping[str, float], labels: Mapping[str, str]) -> Text:
    """One line of errors, where the least is the best."""
    rounded = {key: round(figures[key], 4) for key in labels}
    best = min(rounded.values())
    parts = [
        Text.assemble(f"{label} ", _figure(rounded[key], rounded[key] == best))
        for key, label in labels.items()
    ]
    return Text.assemble(f"{name} RMSE: ", Text(", ").join(parts))


def _likes(figures: Mapping[str, Any]) -> Text:
    """One line of how well likes are told from the rest."""
    parts = [f"log loss {figures['log_loss']:.4f}"]
    if "auc" in figures:
        parts.insert(0, f"AUC: model {figures['auc']:.4f}, bias model {figures['bias_auc']:.4f}")
    return Text(f"ratings of {figures['threshold']:g} and more, {'; '.join(parts)}")


def _figure(value: float, best: bool) -> Text:
    return Text(f"{value:.4f}", style="bold" if best else "")


def _interval(low_high: Sequence[float], form: str) -> str:
    return " to ".join(format(value, form) for value in low_high)
