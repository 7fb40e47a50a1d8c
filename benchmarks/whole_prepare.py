"""The prepare stage, timed by its steps."""

from __future__ import annotations

import time
from pathlib import Path

from benchmarks.grouping.by_matinee import CARD
from pipeline.adopt import adopt
from pipeline.prepare import prepare
from schemas.config import PrepareConfig

NAMES = ("catalogue", "histories", "tables", "tft")
"""Of the steps that `prepare` tells of; the fourth is the TF-Transform job and its records."""


def prepared(directory: Path, out: Path) -> dict[str, float]:
    """Prepares with the default settings; seconds by the name of the step."""
    data = adopt(CARD, directory)
    began: dict[int, float] = {}

    def progress(text: str, done: int, total: int) -> None:
        began.setdefault(done, time.perf_counter())

    prepare(data, PrepareConfig(), out, progress=progress)
    # Steps are told of as they begin, but for tables: first when the first users are written.
    return {name: began[step + 1] - began[step] for step, name in enumerate(NAMES)}
