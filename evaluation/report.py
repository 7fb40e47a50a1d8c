"""The report of a run: one dictionary to keep, one table to look at."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd
from rich.console import Group
from rich.table import Table
from rich.text import Text

from schemas.artifacts import Artifact, package_versions

NOT_RANKINGS = ("protocol", "rating", "pair")


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
    """The rankings of a report's metrics: a row for each, a column for each figure."""
    rankings = {name: values for name, values in metrics.items() if name not in NOT_RANKINGS}
    return pd.DataFrame.from_dict(rankings, orient="index")


def metrics_table(metrics: Mapping[str, Mapping[str, Any]]) -> Group:
    """A Rich table of the rankings and the rating errors below it, the best in bold.

    Args:
        metrics: As `evaluation.suite.evaluate` returns them; `rating` and `pair` may be missing.
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
    return Group(_rankings_table(metrics_frame(metrics)), *lines)


def seconds_table(seconds: Mapping[str, float]) -> Table:
    """A Rich table of a report's `seconds`."""
    table = Table("stage", "seconds", title="Time to build")
    for stage, value in seconds.items():
        table.add_row(stage.replace("_", " "), f"{value:.1f}")
    return table


def _rankings_table(frame: pd.DataFrame) -> Table:
    table = Table(title="Held-out event of every user")
    table.add_column("model")
    best = frame.round(4).max()
    for figure in frame.columns:
        table.add_column(str(figure), justify="right")
    for name, values in frame.round(4).iterrows():
        table.add_row(
            str(name).replace("_", " "),
            *(_figure(values[figure], values[figure] == best[figure]) for figure in frame.columns),
        )
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


def _figure(value: float, best: bool) -> Text:
    return Text(f"{value:.4f}", style="bold" if best else "")
