"""SASRec of RecTools as a baseline."""

from __future__ import annotations

import json
import os
import subprocess
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Self
from weakref import WeakKeyDictionary

import numpy as np

from evaluation.histories import RawHistories
from evaluation.requests import Requests

PROCESS = Path(__file__).with_name("process.py")
SETTINGS = {
    "n_factors": 64,
    "n_blocks": 2,
    "n_heads": 2,
    "session_max_len": 100,
    "batch_size": 128,
    "dropout_rate": 0.2,
    "lr": 1e-3,
    "loss": "softmax",
    "epochs": 60,
}
"""As RecTools names them; the softmax is over the whole catalogue."""


@dataclass(frozen=True, eq=False)
class Sasrec:
    """Scores an item by what a causal transformer expects next.

    Kang & McAuley, "Self-attentive sequential recommendation", ICDM 2018, with a softmax in place
    of one negative (Klenitskiy & Vasilev, "Turning dross into gold loss", RecSys 2023). All lists
    of some requests are scored in one process, when the first of them is asked for.

    Attributes:
        python: The Python that has RecTools.
        directory: Of the model, until this is gone.
    """

    python: Path
    directory: TemporaryDirectory[str]
    _scores: WeakKeyDictionary[Requests, np.ndarray] = field(default_factory=WeakKeyDictionary)

    @classmethod
    def fit(cls, histories: RawHistories, seed: int, python: Path, epochs: int = 60) -> Self:
        """Trains on all histories of at least two events.

        Args:
            histories: The events to fit.
            seed: Of the weights, the order of the batches and dropout.
            python: The Python that has RecTools.
            epochs: Passes over the histories.

        Raises:
            RuntimeError: The process failed; its last words are in the message.
        """
        directory: TemporaryDirectory[str] = TemporaryDirectory()
        place = Path(directory.name)
        settings = SETTINGS | {"epochs": epochs, "seed": seed, "items": histories.items}
        (place / "settings.json").write_text(json.dumps(settings))
        _write_events(histories, histories.rows, place / "fit.npz")
        _run(python, "fit", place)
        return cls(python, directory)

    def score(self, requests: Requests, rows: np.ndarray) -> np.ndarray:
        """See `evaluation.ranking_protocol.Scorer`."""
        if requests not in self._scores:
            self._scores[requests] = self._score_lists(requests)
        return self._scores[requests][requests.of_list[rows]]

    def _score_lists(self, requests: Requests) -> np.ndarray:
        """float32 `[lists, items]`."""
        place = Path(self.directory.name)
        _write_events(requests, requests.first_of_list, place / "asked.npz")
        _run(self.python, "score", place)
        return np.load(place / "scores.npy", allow_pickle=False)


def _write_events(histories: RawHistories, rows: np.ndarray, path: Path) -> None:
    events = histories.events(rows)
    np.savez(path, rows=len(rows), user=events.row, item=events.item, position=-events.age)


def _run(python: Path, task: str, place: Path) -> None:
    command = [str(python), str(PROCESS), task, str(place)]
    apart = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    done = subprocess.run(  # noqa: S603  # the caller's Python and our own script
        command, capture_output=True, text=True, check=False, env=apart
    )
    if done.returncode:
        raise RuntimeError(f"{' '.join(command)}: expected a model, got:\n{done.stderr[-2_000:]}")
