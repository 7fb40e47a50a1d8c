"""`python process.py fit|score DIRECTORY`: run by the Python that has RecTools, not by ours.

`fit` reads `fit.npz` (`user`, `item` and `position` of each event) and `settings.json` and writes
`model.bin`; `score` reads that and `asked.npz`, `rows` histories of the same form, and writes
`scores.npy`: float32 `[rows, items]`, 0 in the row of a history in which no item was fitted.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytorch_lightning as pl
from rectools import Columns
from rectools.dataset import Dataset
from rectools.models import SASRecModel, load_model

BELOW = 1.0
"""How far an item that was not fitted is below the worst one."""


def trainer(max_epochs: int) -> Any:
    """A trainer that only trains."""
    return pl.Trainer(
        max_epochs=max_epochs,
        accelerator="cpu",
        logger=False,
        enable_checkpointing=False,
        enable_progress_bar=False,
        enable_model_summary=False,
        deterministic=True,
    )


def dataset(events: Mapping[str, np.ndarray]) -> Any:
    """Events in the form that RecTools takes: the position stands for the time."""
    columns = {
        Columns.User: events["user"],
        Columns.Item: events["item"],
        Columns.Weight: 1.0,
        Columns.Datetime: pd.to_datetime(events["position"], unit="s"),
    }
    return Dataset.construct(pd.DataFrame(columns))


def fit(directory: Path) -> None:
    """Trains and saves."""
    settings = json.loads((directory / "settings.json").read_text())
    pl.seed_everything(settings.pop("seed"))
    epochs = settings.pop("epochs")
    settings.pop("items")
    model = SASRecModel(
        **settings,
        epochs=epochs,
        get_trainer_func=trainer,
        get_trainer_func_kwargs={"max_epochs": epochs},
        deterministic=True,
    )
    model.fit(dataset(np.load(directory / "fit.npz")))
    model.save(directory / "model.bin")


def score(directory: Path) -> None:
    """Scores every item for every history."""
    settings = json.loads((directory / "settings.json").read_text())
    asked, fitted = np.load(directory / "asked.npz"), np.load(directory / "fit.npz")
    scores = np.zeros((int(asked["rows"]), settings["items"]), np.float32)
    users = np.unique(asked["user"][np.isin(asked["item"], fitted["item"])])
    if len(users):
        found = load_model(directory / "model.bin").recommend(
            users=users,
            dataset=dataset(asked),
            k=settings["items"],
            filter_viewed=False,
            on_unsupported_targets="ignore",
        )
        user, item = found[Columns.User].to_numpy(), found[Columns.Item].to_numpy()
        scores[users] = np.nan
        scores[user, item] = found[Columns.Score].to_numpy()
        lowest = np.nanmin(scores[users], axis=1, keepdims=True) - BELOW
        scores[users] = np.where(np.isnan(scores[users]), lowest, scores[users])
    np.save(directory / "scores.npy", scores)


if __name__ == "__main__":
    {"fit": fit, "score": score}[sys.argv[1]](Path(sys.argv[2]))
