"""A training run's state in one file, so that a run that was killed goes on where it was."""

from __future__ import annotations

import json
import os
from dataclasses import asdict, dataclass, field
from pathlib import Path

import numpy as np

import schemas.tf_runtime  # noqa: F401  (before Keras)

# isort: split
import keras

STATE, VARIABLE, BEST = "state", "variable", "best"


@dataclass
class State:
    """How far a run has come.

    Attributes:
        epoch: The epoch under way, from 1.
        step: Steps of it that are done.
        means: Of those, of the loss and of each of its parts.
        seconds: What they took, in all attempts.
        best_epoch: The epoch with the best validation figure, 0 before the first.
        best: That figure.
        lines: Figures of each epoch that is done.
    """

    epoch: int = 1
    step: int = 0
    means: dict[str, float] = field(default_factory=dict)
    seconds: float = 0.0
    best_epoch: int = 0
    best: float = -1.0
    lines: list[dict[str, float]] = field(default_factory=list)


class Checkpoint:
    """Writes and reads all that the next step depends on: weights, optimizer, random state, place.

    The order of the data follows from the place (`towers.training.batches`).
    """

    def __init__(self, path: Path, model: keras.Model):
        """Takes a compiled model.

        Args:
            path: The file; it need not exist.
            model: Built and compiled.
        """
        self.path, self.model = path, model
        self.best_weights: list[np.ndarray] | None = None
        for left in path.parent.glob(f".{path.name}.*"):  # by a kill while it was written
            left.unlink()
        model.optimizer.build(model.trainable_variables)

    def require_finite(self, what: str, values: np.ndarray) -> None:
        """Raises a ValueError, that the fit diverged, where numbers are not finite."""
        if np.issubdtype(values.dtype, np.floating) and not np.isfinite(values).all():
            raise ValueError(
                f"{self.path.stem}: {what}: expected finite numbers, got NaN or infinity: training "
                "diverged; a smaller learning_rate may help"
            )

    def save(self, state: State) -> None:
        """Writes aside and renames.

        Raises:
            ValueError: A variable is not finite; what was saved before stays.
        """
        arrays = {STATE: np.array(json.dumps(asdict(state)))}
        for number, variable in enumerate(self._variables()):
            values = arrays[f"{VARIABLE}{number}"] = variable.numpy()
            self.require_finite(variable.path, values)
        arrays |= {f"{BEST}{n}": value for n, value in enumerate(self.best_weights or [])}
        aside = self.path.with_name(f".{self.path.name}.{os.getpid()}")
        with aside.open("wb") as file:
            np.savez(file, allow_pickle=False, **arrays)
        aside.replace(self.path)

    def restore(self) -> State:
        """Sets the model to what was saved last; a fresh state if nothing was."""
        if not self.path.exists():
            return State()
        with np.load(self.path, allow_pickle=False) as saved:
            for number, variable in enumerate(self._variables()):
                variable.assign(saved[f"{VARIABLE}{number}"])
            weights = len(self.model.weights)
            if f"{BEST}0" in saved:
                self.best_weights = [saved[f"{BEST}{n}"] for n in range(weights)]
            return State(**json.loads(str(saved[STATE])))

    def _variables(self) -> list[keras.Variable]:
        """Weights, the state of random generators, and the optimizer's variables."""
        metrics = {id(variable) for variable in self.model.metrics_variables}
        own = [variable for variable in self.model.variables if id(variable) not in metrics]
        return [*own, *self.model.optimizer.variables]
