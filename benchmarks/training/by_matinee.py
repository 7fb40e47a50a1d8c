"""`python -m benchmarks.training.by_matinee EVENTS SETTINGS`: our retrieval model."""

from __future__ import annotations

import json
import sys
import tempfile
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np
import pyarrow.csv

import schemas.tf_runtime  # noqa: F401  (before Keras)

# isort: split
import keras

from schemas import columns
from schemas.config import RetrievalConfig
from schemas.histories import Histories, training_windows
from towers.fitting import fit
from towers.losses import full_softmax
from towers.model import RetrievalModel
from towers.optimizer import Schedule
from towers.training.epoch_log import EpochLog


def main() -> None:
    """Trains and prints one line of JSON."""
    settings: dict[str, Any] = json.loads(sys.argv[2])
    epochs = settings.pop("epochs")
    config = RetrievalConfig(**settings, epochs=epochs)
    histories = read_histories(Path(sys.argv[1]))
    items = int(histories.item_id.max()) + 2  # padding first, the unknown item last
    is_item = np.arange(items) > 0
    is_item[-1] = False
    keras.utils.set_random_seed(config.seed)
    model = RetrievalModel(
        catalogue={columns.ITEM_ID: np.arange(items)},
        is_item=is_item,
        is_fitted=is_item,
        item_sizes={columns.ITEM_ID: items},
        user_sizes={},
        rating_range=(1.0, 5.0),
        config=config,
        loss=full_softmax,
    )
    with tempfile.TemporaryDirectory() as scratch:
        directory = Path(scratch)
        with EpochLog(directory, "fit") as log:
            checkpoint = directory / "fit.npz"
            schedule = Schedule(epochs, config.learning_rate, config.warmup_steps)
            fit(model, histories, config, schedule, log, checkpoint, lambda *_: None)
        lines = (directory / "fit.jsonl").read_text().splitlines()
    # The first epoch compiles.
    seconds = median(json.loads(line)["seconds"] for line in lines[1:])
    windows = training_windows(histories, config.history_len)
    positions = int((windows[columns.TARGET_ITEM_ID] > 0).sum())
    print(json.dumps({"epoch_s": seconds, "positions_per_epoch": positions}))


def read_histories(events: Path) -> Histories:
    """The events as histories without ratings and times."""
    table = pyarrow.csv.read_csv(events)
    user, item = table["user_id"].to_numpy(), table["item_id"].to_numpy()
    _, counts = np.unique(user, return_counts=True)
    return Histories(
        users=np.arange(len(counts)).astype(str),
        offsets=np.concatenate([[0], np.cumsum(counts)]),
        item_id=item.astype(np.int64),
        rating=np.full(len(item), np.nan, np.float32),
        timestamp=np.zeros(len(item), np.int64),
        user_features={},
    )


if __name__ == "__main__":
    main()
