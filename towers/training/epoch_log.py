"""Figures of every epoch, as JSON lines and for TensorBoard."""

from __future__ import annotations

import json
from pathlib import Path
from types import TracebackType
from typing import Self

import schemas.tf_runtime  # noqa: F401  (before TensorFlow)

# isort: split
import tensorflow as tf


class EpochLog:
    """Writes `<name>.jsonl` and, beside it, the event files `<name>/` for TensorBoard."""

    def __init__(self, directory: Path, name: str):
        """Opens both.

        Args:
            directory: Where they go.
            name: Of the run.
        """
        self._lines = (directory / f"{name}.jsonl").open("w", encoding="utf-8")
        self._events = tf.summary.create_file_writer(str(directory / name))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._lines.close()
        self._events.close()

    def write(self, figures: dict[str, float]) -> None:
        """Adds an epoch: `epoch` and its figures."""
        self._lines.write(json.dumps(figures) + "\n")
        self._lines.flush()
        with self._events.as_default():
            for name, value in figures.items():
                if name != "epoch":
                    tf.summary.scalar(name, value, step=int(figures["epoch"]))
        self._events.flush()
