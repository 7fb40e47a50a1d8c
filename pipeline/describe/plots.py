"""Pictures of the report's sections, as SVG.

They carry our own words and numbers only, never a text of the data: labels of the data are shown in
tables of HTML, where they can be escaped, wrapped and read in every script.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import LogNorm
from matplotlib.ticker import FuncFormatter, MaxNLocator, NullFormatter, PercentFormatter

from pipeline.describe.concentration import CURVE_POINTS
from pipeline.describe.times import DAYS
from schemas.report.pictures import BLUE, GREY, ORANGE, STYLE, new_axes, to_svg

INCHES = (7.0, 2.8)


def lorenz(items: Sequence[float], users: Sequence[float]) -> bytes:
    """Lorenz curves of items and of users beside the diagonal of equality."""
    with mpl.rc_context(STYLE):
        figure, axes = new_axes((4.2, 3.4))
        at = np.arange(CURVE_POINTS + 1) / CURVE_POINTS
        axes.plot(at, at, color=GREY, linestyle="--", label="all equal")
        axes.plot(at, items, color=BLUE, label="items")
        axes.plot(at, users, color=ORANGE, label="users")
        axes.set(xlabel="least active share", ylabel="share of events", xlim=(0, 1), ylim=(0, 1))
        axes.xaxis.set_major_formatter(PercentFormatter(1))
        axes.yaxis.set_major_formatter(PercentFormatter(1))
        axes.legend(frameon=False)
        return to_svg(figure)


def popularity(by_rank: Sequence[Mapping[str, int]]) -> bytes:
    """Events of an item over its rank, both axes logarithmic."""
    with mpl.rc_context(STYLE):
        figure, axes = new_axes((4.2, 3.4))
        ranks = [point["rank"] for point in by_rank]
        axes.loglog(ranks, [point["events"] for point in by_rank], color=BLUE, marker=".")
        axes.set(xlabel="rank of the item by popularity", ylabel="events", ylim=(0.8, None))
        _plain_numbers(axes, "both")
        return to_svg(figure)


def bars(labels: Sequence[str], heights: Sequence[float], xlabel: str, ylabel: str) -> bytes:
    """One bar for each label; `labels` are numbers or ranges of numbers."""
    with mpl.rc_context(STYLE):
        figure, axes = new_axes(INCHES)
        places = np.arange(len(labels))
        axes.bar(places, heights, color=BLUE, width=0.8)
        axes.set(xlabel=xlabel, ylabel=ylabel)
        axes.set_xticks(places, labels, rotation=45 if len(labels) > 12 else 0)
        _plain_numbers(axes, "y")
        return to_svg(figure)


def months(by_month: Sequence[Mapping[str, Any]]) -> bytes:
    """Events of each month; months without events are at 0."""
    with mpl.rc_context(STYLE):
        figure, axes = new_axes(INCHES)
        month = np.array([point["month"] for point in by_month], "datetime64[M]").astype(np.int64)
        axes.bar(month, [point["events"] for point in by_month], width=1, color=BLUE)
        axes.set(xlabel="month (UTC)", ylabel="events")
        # Not matplotlib's dates: a timestamp may lie in a year that they do not take.
        axes.xaxis.set_major_locator(MaxNLocator(8, integer=True, min_n_ticks=1))
        axes.xaxis.set_major_formatter(
            FuncFormatter(lambda at, _: str(np.datetime64(int(at), "M")))
        )
        _plain_numbers(axes, "y")
        return to_svg(figure)


def week(by_hour: Mapping[str, Sequence[int]]) -> bytes:
    """Events by weekday and hour, darker for more."""
    with mpl.rc_context(STYLE):
        figure, axes = new_axes((7.0, 2.4))
        shares = np.array([by_hour[day] for day in DAYS], float)
        shown = axes.imshow(shares / shares.sum(), cmap="Blues", aspect="auto", vmin=0)
        axes.set_yticks(np.arange(len(DAYS)), DAYS)
        axes.set(xlabel="hour (UTC)", xticks=np.arange(0, 24, 3))
        figure.colorbar(shown, format=PercentFormatter(1), label="of all events")
        axes.grid(False)
        return to_svg(figure)


def matrix(picture: np.ndarray) -> bytes:
    """Density of the user-item matrix, darker for more, white for none; float64 `[rows, columns]`.

    The picture has one size: a matrix with fewer rows or columns has larger cells.
    """
    with mpl.rc_context(STYLE):
        figure, axes = new_axes((6.4, 5.0))
        filled = picture[picture > 0]
        # A scale needs two ends even if all cells that hold an event are equally dense.
        low, high = min(filled.min(), filled.max() / 10), filled.max()
        shown = axes.imshow(
            np.where(picture > 0, picture, np.nan),
            cmap="viridis_r",
            norm=LogNorm(low, high),
            aspect="auto",
            interpolation="nearest",
            extent=(0, 1, 1, 0),
        )
        axes.set(xlabel="items, most popular first", ylabel="users, most active first")
        axes.xaxis.set_major_formatter(PercentFormatter(1))
        axes.yaxis.set_major_formatter(PercentFormatter(1))
        scale = FuncFormatter(lambda value, _: f"{value:.6g}")
        figure.colorbar(shown, format=scale, label="share of pairs that are an event")
        axes.grid(False)
        return to_svg(figure)


def groups(by_split: Mapping[str, Sequence[Mapping[str, Any]]]) -> bytes:
    """Share of requests on each group of items, beside the share that the group had before."""
    with mpl.rc_context(STYLE):
        figure, axes = new_axes(INCHES)
        width = 0.8 / (2 * len(by_split))
        for number, (split, found) in enumerate(by_split.items()):
            colour = (BLUE, ORANGE)[number]
            left = np.arange(len(found)) + (2 * number - len(by_split) + 0.5) * width
            before, now = ([group[key] for group in found] for key in ("reference_share", "share"))
            axes.bar(left, before, width, color=colour, alpha=0.35, label=f"before {split}")
            axes.bar(left + width, now, width, color=colour, label=split)
        names = [group["group"] for group in next(iter(by_split.values()))]
        axes.set_xticks(np.arange(len(names)), names)
        axes.set(xlabel="groups of items, most popular first", ylabel="share of events")
        axes.yaxis.set_major_formatter(PercentFormatter(1))
        axes.legend(frameon=False, ncols=4, loc="lower center", bbox_to_anchor=(0.5, 1))
        return to_svg(figure)


def _plain_numbers(axes: Axes, which: str) -> None:
    whole = FuncFormatter(lambda value, _: f"{value:,.6g}")
    for name, axis in (("x", axes.xaxis), ("y", axes.yaxis)):
        if which in (name, "both"):
            axis.set_major_formatter(whole)
            axis.set_minor_formatter(NullFormatter())
