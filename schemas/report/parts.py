"""Figures and tables of the page."""

from __future__ import annotations

import base64
from collections.abc import Sequence

from schemas.report.markup import Html, element, joined

DASH = "\N{EN DASH}"
"""Of a range, and where there is no number."""


def section(title: str, *content: str | Html) -> Html:
    """A heading and what is below it."""
    return element("section", element("h2", title), *content)


def figure(title: str, sentence: str, svg: bytes) -> Html:
    """A picture under its title and the sentence that says what it shows."""
    source = f"data:image/svg+xml;base64,{base64.b64encode(svg).decode()}"
    caption = element("figcaption", element("strong", title), sentence)
    # `img` has no end tag, and inside it a picture can neither run nor load anything.
    return element("figure", caption, Html(element("img", src=source, alt=title)[: -len("</img>")]))


def pair(*figures: Html) -> Html:
    """Pictures side by side where there is room."""
    return element("div", *figures, class_="pair")


def table(
    title: str, sentence: str, header: Sequence[str], rows: Sequence[Sequence[str | Html]]
) -> Html:
    """A table; texts in `rows` are numbers and right-aligned, elements are as they are.

    Args:
        title: Above it.
        sentence: What it shows, below the title.
        header: Of each column; empty for none.
        rows: A cell for each column.
    """
    cells = [
        element("th", name, class_="number")
        if rows and not any(isinstance(row[at], Html) for row in rows)
        else element("th", name)
        for at, name in enumerate(header)
    ]
    head = [element("thead", element("tr", *cells))] if cells else []
    body = [element("tr", *(_cell(value) for value in row)) for row in rows]
    caption = element("caption", element("strong", title), sentence)
    return element("table", caption, *head, element("tbody", *body))


def share_bars(first: float | None, second: float | None, whole: float) -> Html:
    """Two bars, one below the other.

    Args:
        first: Length of the first, None as 0.
        second: Length of the second.
        whole: What fills the width.
    """
    bars = [
        element("span", class_=name, style=f"width: {100 * (value or 0) / whole:.1f}%")
        for name, value in (("bar", first), ("bar second", second))
    ]
    return element("div", joined(bars[0], Html("<br>"), bars[1]), class_="track")


def count(value: int) -> str:
    """A number of things."""
    return f"{value:,}"


def percent(value: float | None) -> str:
    """A share; a dash where there is none."""
    if value is None:
        return DASH
    return f"{value:.3%}" if 0 < abs(value) < 0.001 else f"{value:.1%}"


def decimal(value: float | None) -> str:
    """A mean or a distance; a dash where there is none."""
    return DASH if value is None else f"{value:.3f}"


def _cell(value: str | Html) -> Html:
    if isinstance(value, Html):
        return element("td", value)
    return element("td", value, class_="number")
