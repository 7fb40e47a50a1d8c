"""`python by_recbole.py EVENTS SETTINGS`: SASRec of RecBole, in an environment of its own.

RecBole makes a row of every prefix of a history and trains on the last position of each, so that an
epoch has a forward pass for every event. Some steps are timed and the epoch is extrapolated.
"""

import json
import pathlib
import sys
import tempfile
import time
from statistics import median

import pandas as pd
import torch
from recbole.config import Config
from recbole.data import create_dataset, data_preparation
from recbole.model.sequential_recommender import SASRec
from recbole.utils import init_seed

NAME, WARM_UP, TIMED = "events", 3, 15

settings = json.loads(sys.argv[2])
with tempfile.TemporaryDirectory() as scratch:
    directory = pathlib.Path(scratch) / NAME
    directory.mkdir()
    events = pd.read_csv(sys.argv[1])
    events.columns = ["user_id:token", "item_id:token", "timestamp:float"]
    events.to_csv(directory / f"{NAME}.inter", sep="\t", index=False)
    config = Config(
        model=SASRec,
        dataset=NAME,
        config_dict={
            "data_path": scratch,
            "load_col": {"inter": ["user_id", "item_id", "timestamp"]},
            "use_gpu": False,
            "seed": settings["seed"],
            "hidden_size": settings["embedding_dim"],
            "inner_size": 4 * settings["embedding_dim"],
            "n_layers": settings["blocks"],
            "n_heads": settings["heads"],
            "hidden_dropout_prob": settings["dropout"],
            "attn_dropout_prob": settings["dropout"],
            "MAX_ITEM_LIST_LENGTH": settings["history_len"],
            "train_batch_size": settings["batch_size"],
            "learning_rate": settings["learning_rate"],
            "loss_type": "CE",
            "train_neg_sample_args": None,
            "show_progress": False,
        },
    )
    init_seed(config["seed"], config["reproducibility"])
    train_data, _, _ = data_preparation(config, create_dataset(config))
    model = SASRec(config, train_data.dataset)
    optimizer = torch.optim.Adam(model.parameters(), lr=settings["learning_rate"])
    model.train()
    seconds = []
    for step, batch in enumerate(train_data):
        started = time.perf_counter()
        optimizer.zero_grad()
        loss = model.calculate_loss(batch)
        loss.backward()
        optimizer.step()
        if step >= WARM_UP:
            seconds.append(time.perf_counter() - started)
        if len(seconds) == TIMED:
            break
    positions = len(train_data.dataset)
    epoch_s = median(seconds) * positions / settings["batch_size"]
    print(json.dumps({"epoch_s": round(epoch_s, 1), "positions_per_epoch": positions}))
