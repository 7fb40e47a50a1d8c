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
GAP = 6
"""Points between a dot and its label."""
SHIFTS = (0, 6, -6, 10, -10, 15, -15, 20, -20, 26, -26, 32, -32, 40, -40, 50, -50)
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
        axes.margins(0.08)
        axes.set_ylim(0, 1.12 * max(*up, 1e-9))
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
    """Names beside the dots, each moved as little as lets it cover no other one and no other dot.

    Where no place is free, the label stays beside its dot.
    """
    dots = axes.transData.transform(np.column_stack([across, up]))
    taken = [(x - 4, y - 4, x + 4, y + 4) for x, y in dots]
    middle = axes.transAxes.transform((0.6, 0))[0]
    for number in np.argsort(-np.asarray(up), kind="stable"):
        sides = (-1, 1) if dots[number][0] > middle else (1, -1)
        places = [(side, shift) for shift in SHIFTS for side in sides]
        label = axes.annotate(
            names[number],
            (across[number], up[number]),
            xytext=(GAP, 0),
            textcoords="offset points",
            va="center",
            fontsize=LABEL_SIZE,
        )
        label.set_in_layout(False)  # or the axes would shrink, and the dots move
        free = (place for place in places if _is_free(label, place, axes, taken))
        place = next(free, places[0])
        box = _put(label, place)
        taken.append(box)
        if place[1]:
            axes.annotate(
                "",
                (across[number], up[number]),
                xytext=(place[0] * GAP, place[1]),
                textcoords="offset points",
                arrowprops={"arrowstyle": "-", "color": GREY, "linewidth": 0.5},
            ).set_in_layout(False)


def _put(label: Annotation, place: tuple[int, int]) -> tuple[float, float, float, float]:
    """Moves a label; returns its left, lower, right and upper end in pixels."""
    side, shift = place
    label.set_position((side * GAP, shift))
    label.set_horizontalalignment("left" if side > 0 else "right")
    box = label.get_window_extent()
    return box.x0, box.y0, box.x1, box.y1


def _is_free(
    label: Annotation,
    place: tuple[int, int],
    axes: Axes,
    taken: Sequence[tuple[float, float, float, float]],
) -> bool:
    """Whether it would cover nothing, and lie in the picture; its own dot is beside it anyway."""
    x0, y0, x1, y1 = _put(label, place)
    picture = axes.get_window_extent()
    if x0 < picture.x0 or x1 > picture.x1 or y0 < picture.y0 or y1 > picture.y1:
        return False
    return not any(
        x0 < right and left < x1 and y0 < above and below < y1
        for left, below, right, above in taken
    )


def _duration(seconds: float, _: int) -> str:
    if seconds < 60:
        return f"{seconds:g} s"
    return f"{seconds / 60:.3g} min" if seconds < 3_600 else f"{seconds / 3_600:.3g} h"
