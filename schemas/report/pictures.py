"""Pictures as SVG, drawn without pyplot: no state, no display."""

from __future__ import annotations

import io
from typing import Any

from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

BLUE, ORANGE, GREY = "#1f5fa8", "#d9772b", "#8a8f98"
STYLE: Any = {
    "svg.hashsalt": "matinee",  # ids in the file, so that the same report gives the same file
    "font.size": 9,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.axisbelow": True,
    "grid.color": "#e6e8eb",
}


def new_axes(inches: tuple[float, float]) -> tuple[Figure, Axes]:
    """A figure of its own with one picture in it; width and height in inches."""
    figure = Figure(figsize=inches, layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.add_subplot()
    axes.grid(True)
    return figure, axes


def to_svg(figure: Figure) -> bytes:
    """The finished picture; the same figure gives the same bytes."""
    written = io.BytesIO()
    figure.savefig(written, format="svg", metadata={"Date": None})
    return written.getvalue()
