"""Pictures of a comparison, as SVG; they carry our own words and names of models only."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.text import Annotation
from matplotlib.ticker import FixedLocator, FuncFormatter, MaxNLocator, NullFormatter

from schemas.report.pictures import BLUE, GREY, ORANGE, STYLE, new_axes, to_svg

COLOURS = (ORANGE, BLUE, "#3a8f5c", "#8e5ea8", "#b8902a", "#4fa3b8", GREY, "#b5485d")
"""Of curves that share a picture; the first is that of the model which the others are tested
against."""
LABEL_SIZE = 7.5
SHIFTS = (0, 9, -9, 18, -18, 27, -27, 36, -36, 45, -45)
"""Points by which a label is moved up until it covers no other."""

TICKS_S = (0.01, 0.1, 1, 10, 60, 600, 3_600, 36_000)
"""Of an axis of seconds: where people expect them."""


def intervals(
    names: Sequence[str],
    values: Sequence[float],
    ends: Sequence[Sequence[float]],
    marked: str | None,
    xlabel: str,
) -> bytes:
    """A dot and its interval for each model, the first on top."""
    with mpl.rc_context(STYLE):
        figure, axes = new_axes((7.0, 0.8 + 0.24 * len(names)))
        place = np.arange(len(names))[::-1]
        for at, name, value, (low, high) in zip(place, names, values, ends, strict=True):
            colour = ORANGE if name == marked else BLUE
            axes.plot([low, high], [at, at], color=colour, linewidth=1.2)
            axes.plot([value], [at], color=colour, marker="o", markersize=5)
        axes.set_yticks(place, names)
        axes.set(xlabel=xlabel, xlim=(0, None), ylim=(-0.7, len(names) - 0.3))
        axes.grid(axis="y", visible=False)
        return to_svg(figure)


def trade_off(
    names: Sequence[str],
    across: Sequence[float],
    up: Sequence[float],
    marked: str | None,
    xlabel: str,
    ylabel: str,
    seconds: bool = False,
) -> bytes:
    """A labelled dot for each model.

    Args:
        names: Of the models.
        across: To the right, at least 0.
        up: Upwards.
        marked: Name of the model with another colour.
        xlabel: Of the axis.
        ylabel: Of the axis.
        seconds: Whether `across` is seconds, on a logarithmic axis.
    """
    with mpl.rc_context(STYLE):
        figure, axes = new_axes((7.0, 4.2))
        colours = [ORANGE if name == marked else BLUE for name in names]
        axes.scatter(across, up, c=colours, s=22, zorder=3)
        if seconds:
            axes.set_xscale("log")
            axes.xaxis.set_major_locator(FixedLocator(TICKS_S))
            axes.xaxis.set_major_formatter(FuncFormatter(_duration))
            axes.xaxis.set_minor_formatter(NullFormatter())
        axes.margins(0.12)
        axes.set(xlabel=xlabel, ylabel=ylabel)
        figure.draw_without_rendering()
        _label(axes, names, across, up)
        return to_svg(figure)


def calibration(curves: Mapping[str, Sequence[Sequence[float]]], xlabel: str, ylabel: str) -> bytes:
    """What was predicted against what was so, beside the diagonal.

    Args:
        curves: For each model `[mean prediction, mean truth, how many]` of each group.
        xlabel: Of the axis.
        ylabel: Of the axis.
    """
    with mpl.rc_context(STYLE):
        figure, axes = new_axes((5.6, 4.2))
        points = np.array([point[:2] for curve in curves.values() for point in curve])
        low, high = points.min(), points.max()
        axes.plot([low, high], [low, high], color=GREY, linestyle="--", label="as predicted")
        for (name, curve), colour in zip(curves.items(), COLOURS, strict=False):
            across, up = np.array(curve)[:, :2].T
            axes.plot(across, up, color=colour, marker="o", markersize=3.5, label=name)
        axes.set(xlabel=xlabel, ylabel=ylabel)
        axes.legend(frameon=False, fontsize=LABEL_SIZE + 0.5)
        return to_svg(figure)


def learning(curves: Mapping[str, Sequence[float]], ylabel: str) -> bytes:
    """A figure after each epoch, for each training."""
    with mpl.rc_context(STYLE):
        figure, axes = new_axes((7.0, 3.2))
        for (name, values), colour in zip(curves.items(), COLOURS, strict=False):
            axes.plot(1 + np.arange(len(values)), values, color=colour, label=name)
        axes.set(xlabel="epoch", ylabel=ylabel)
        axes.xaxis.set_major_locator(MaxNLocator(10, integer=True, min_n_ticks=1))
        axes.legend(frameon=False)
        return to_svg(figure)


def _label(axes: Axes, names: Sequence[str], across: Sequence[float], up: Sequence[float]) -> None:
    """Names beside the dots, each moved up or down as little as lets it cover no other one.

    Where no place is free, the label stays beside its dot.
    """
    dots = axes.transData.transform(np.column_stack([across, up]))
    taken = [(x - 4, y - 4, x + 4, y + 4) for x, y in dots]
    for number in np.argsort(-np.asarray(up), kind="stable"):
        labels = [_annotated(axes, names[number], across[number], up[number], 0)]
        for shift in SHIFTS[1:]:
            if not _covers(labels[-1], taken, number):
                break
            labels.append(_annotated(axes, names[number], across[number], up[number], shift))
        chosen = labels[-1] if not _covers(labels[-1], taken, number) else labels[0]
        for label in labels:
            if label is not chosen:
                label.remove()
        box = chosen.get_window_extent()
        taken.append((box.x0, box.y0, box.x1, box.y1))


def _annotated(axes: Axes, name: str, x: float, y: float, shift: int) -> Annotation:
    """A name right of its dot, or left of it in the right half of the picture."""
    left = axes.transAxes.inverted().transform(axes.transData.transform((x, y)))[0] > 0.66
    return axes.annotate(
        name,
        (x, y),
        xytext=(-6 if left else 6, shift),
        textcoords="offset points",
        ha="right" if left else "left",
        va="center",
        fontsize=LABEL_SIZE,
        arrowprops={"arrowstyle": "-", "color": GREY, "linewidth": 0.5} if shift else None,
    )


def _covers(label: Annotation, taken: Sequence[tuple[float, ...]], own: int) -> bool:
    box = label.get_window_extent()
    return any(
        box.x0 < right and left < box.x1 and box.y0 < above and below < box.y1
        for number, (left, below, right, above) in enumerate(taken)
        if number != own
    )


def _duration(seconds: float, _: int) -> str:
    if seconds < 60:
        return f"{seconds:g} s"
    return f"{seconds / 60:.3g} min" if seconds < 3_600 else f"{seconds / 3_600:.3g} h"
