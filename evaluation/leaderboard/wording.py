"""Numbers and names as people read them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

DASH = "\N{EN DASH}"
"""Where there is no number."""
MINUTE, HOUR = 60, 3_600
BEYOND_CHANCE = 0.05
"""A corrected p below it is called so."""

Board = Mapping[str, Any]
"""What `compare.json` holds."""


def figure(value: float | None, digits: int = 4) -> str:
    """A figure; a dash where there is none."""
    return DASH if value is None else f"{value:.{digits}f}"


def signed(value: float | None, digits: int = 4) -> str:
    """A difference, with its sign."""
    return DASH if value is None else f"{value:+.{digits}f}"


def interval(low_high: Sequence[float] | None, digits: int = 3) -> str:
    """Low and high end."""
    if low_high is None:
        return DASH
    return " to ".join(f"{value:.{digits}f}" for value in low_high)


def duration(seconds: float | None) -> str:
    """Seconds, minutes or hours, whichever is readable."""
    if seconds is None:
        return DASH
    if seconds < 1:
        return f"{seconds:.2g} s"
    if seconds < MINUTE:
        return f"{seconds:.1f} s"
    return f"{seconds / MINUTE:.1f} min" if seconds < HOUR else f"{seconds / HOUR:.1f} h"


def memory(mib: float | None) -> str:
    """MiB."""
    return DASH if mib is None else f"{mib:,.0f} MiB"


def ranked(board: Board) -> dict[str, Any]:
    """The models that make lists, by name, the best NDCG@10 first."""
    found = {name: of for name, of in board["models"].items() if "figures" in of}
    return dict(sorted(found.items(), key=lambda item: -item[1]["figures"]["ndcg@10"]))


def rated(board: Board) -> dict[str, Any]:
    """The models that predict ratings, by name, the least RMSE first."""
    found = {name: of for name, of in board["models"].items() if "rating" in of}
    return dict(sorted(found.items(), key=lambda item: item[1]["rating"]["rmse"]))


def short(name: str) -> str:
    """A name as pictures have it."""
    return name.replace("_", " ")


def listed(words: Sequence[str]) -> str:
    """`a`, `a and b`, `a, b and c`."""
    *most, last = words
    return f"{', '.join(most)} and {last}" if most else last
