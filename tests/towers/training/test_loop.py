"""The epochs of a fit, on a model that is quick to train: when it stops, and where it goes on."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from towers.training.epoch_log import EpochLog
from towers.training.loop import Plan, run_epochs

import keras  # isort: skip  (after the modules above, which prepare the process)

STEPS = 4


class Killed(BaseException):
    """Stands for a kill: nothing after the step that raised it is run or written."""


class Lines:
    """Points near a line; another draw in each epoch."""

    steps = STEPS

    def epoch(self, number: int, first_step: int = 0) -> Iterator[tuple[np.ndarray, np.ndarray]]:
        random = np.random.default_rng(number)
        x = random.normal(size=(STEPS, 8, 2)).astype(np.float32)
        yield from zip(x[first_step:], (x @ [[2.0], [-1.0]])[first_step:], strict=True)


LINES = Lines()


def run(
    directory: Path,
    plan: Plan,
    validations: list[float] | None = None,
    killed_at: int = -1,
    batches: Lines = LINES,
    learning_rate: float = 0.05,
) -> tuple[keras.Model, int, list[dict[str, float]]]:
    keras.utils.set_random_seed(1)
    model = keras.Sequential([keras.Input((2,)), keras.layers.Dropout(0.3), keras.layers.Dense(1)])
    model.compile(optimizer=keras.optimizers.Adam(learning_rate), loss="mse", metrics=["mae"])
    left = iter(validations or [])

    def progress(text: str, done: int, steps: int) -> None:
        if done == killed_at:
            raise Killed

    directory.mkdir(exist_ok=True)
    validate = None if validations is None else lambda: {"ndcg@10": next(left)}
    with EpochLog(directory, "fit") as log:
        epochs = run_epochs(model, batches, plan, log, directory / "fit.npz", progress, validate)
    lines = (directory / "fit.jsonl").read_text().splitlines()
    return model, epochs, [json.loads(line) for line in lines]


def test_it_stops_when_it_no_longer_gets_better_and_the_best_stays(tmp_path: Path) -> None:
    watching = Plan(epochs=9, patience=2, watched="ndcg@10", checkpoint_seconds=60.0)
    model, epochs, lines = run(tmp_path / "watched", watching, [0.3, 0.5, 0.4, 0.2])
    assert epochs == 2
    assert [line["ndcg@10"] for line in lines] == [0.3, 0.5, 0.4, 0.2]
    two = Plan(epochs=2, patience=0, watched="", checkpoint_seconds=60.0)
    best, _, _ = run(tmp_path / "two", two)
    for got, wanted in zip(model.get_weights(), best.get_weights(), strict=True):
        np.testing.assert_array_equal(got, wanted)


class Exploding(Lines):
    """What is asked for in one step of the second epoch is infinite."""

    def __init__(self, step: int) -> None:
        self.exploding = step

    def epoch(self, number: int, first_step: int = 0) -> Iterator[tuple[np.ndarray, np.ndarray]]:
        for step, (x, y) in enumerate(super().epoch(number, first_step), start=1 + first_step):
            yield (x, y * np.inf if (number, step) == (2, self.exploding) else y)


@pytest.mark.parametrize("step", [1, 2, STEPS])
def test_a_loss_that_is_no_number_ends_the_fit_and_is_not_kept(tmp_path: Path, step: int) -> None:
    plan = Plan(epochs=2, patience=0, watched="", checkpoint_seconds=0.0)
    message = rf"^fit: loss of epoch 2, step {step}: expected finite numbers"
    for _ in range(2):  # the second attempt goes on from sound weights, and comes as far
        with pytest.raises(ValueError, match=message):
            run(tmp_path / "killed", plan, batches=Exploding(step))
    # Without it the fit ends as if nothing had been.
    resumed, _, _ = run(tmp_path / "killed", plan)
    unbroken, _, _ = run(tmp_path / "unbroken", plan)
    for got, wanted in zip(resumed.get_weights(), unbroken.get_weights(), strict=True):
        np.testing.assert_allclose(got, wanted, atol=1e-6)


def test_weights_that_are_no_numbers_are_neither_kept_nor_a_result(tmp_path: Path) -> None:
    plan = Plan(epochs=1, patience=0, watched="", checkpoint_seconds=60.0)
    only_step = Lines()
    only_step.steps = 1
    with pytest.raises(ValueError, match=r"^fit: .*/kernel: expected finite numbers, got NaN or"):
        # The loss of the step is finite, and what it makes of the weights is not.
        run(tmp_path, plan, batches=only_step, learning_rate=1e39)
    assert not (tmp_path / "fit.npz").exists()


def test_unwatched_figures_stop_nothing(tmp_path: Path) -> None:
    plan = Plan(epochs=3, patience=1, watched="", checkpoint_seconds=60.0)
    _, epochs, lines = run(tmp_path, plan, [0.3, 0.2, 0.1])
    assert epochs == len(lines) == 3


@pytest.mark.parametrize("killed_at", [1, 4, 7])
def test_killed_after_any_step_it_ends_the_same(tmp_path: Path, killed_at: int) -> None:
    plan = Plan(epochs=3, patience=0, watched="", checkpoint_seconds=0.0)
    unbroken, _, expected = run(tmp_path / "unbroken", plan)
    with pytest.raises(Killed):
        run(tmp_path / "killed", plan, killed_at=killed_at)
    resumed, _, lines = run(tmp_path / "killed", plan)
    for got, wanted in zip(resumed.get_weights(), unbroken.get_weights(), strict=True):
        np.testing.assert_allclose(got, wanted, atol=1e-6)
    for line, wanted in zip(lines, expected, strict=True):
        for name in ("epoch", "loss", "mae"):
            assert line[name] == pytest.approx(wanted[name], abs=1e-5), name
