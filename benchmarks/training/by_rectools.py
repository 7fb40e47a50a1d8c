"""`python by_rectools.py EVENTS SETTINGS`: SASRec of RecTools, in an environment of its own."""

import json
import sys
import time
from statistics import median

import pandas as pd
import pytorch_lightning as pl
from rectools import Columns
from rectools.dataset import Dataset
from rectools.models import SASRecModel

seconds = []


class EpochTimes(pl.Callback):
    """Notes what each epoch took."""

    def on_train_epoch_start(self, trainer, module):
        """Starts the clock."""
        self.started = time.perf_counter()

    def on_train_epoch_end(self, trainer, module):
        """Stops it."""
        seconds.append(time.perf_counter() - self.started)


settings = json.loads(sys.argv[2])


def trainer():
    """A trainer that only trains."""
    return pl.Trainer(
        max_epochs=settings["epochs"],
        accelerator="cpu",
        callbacks=[EpochTimes()],
        logger=False,
        enable_checkpointing=False,
        enable_progress_bar=False,
        enable_model_summary=False,
    )


pl.seed_everything(settings["seed"])
events = pd.read_csv(sys.argv[1])
lengths = events.groupby("user_id").size()
events[Columns.Weight] = 1.0
events[Columns.Datetime] = pd.to_datetime(events.pop("timestamp"), unit="s")
model = SASRecModel(
    n_factors=settings["embedding_dim"],
    n_blocks=settings["blocks"],
    n_heads=settings["heads"],
    session_max_len=settings["history_len"],
    batch_size=settings["batch_size"],
    dropout_rate=settings["dropout"],
    lr=settings["learning_rate"],
    loss="softmax",
    get_trainer_func=trainer,
)
model.fit(Dataset.construct(events))
positions = int((lengths - 1).clip(upper=settings["history_len"]).sum())
print(json.dumps({"epoch_s": median(seconds[1:]), "positions_per_epoch": positions}))
