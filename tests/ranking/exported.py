"""A ranker in the training process and exported, and the same questions in the form of each."""

from __future__ import annotations

from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pyarrow.parquet as pq

from ranking.export import export
from ranking.item_memory import remember
from ranking.known_ratings import ALL
from ranking.train import new_trainer
from ranking.trainer import RankerTrainer
from schemas import columns
from schemas.artifacts import Artifact
from schemas.histories import Histories, history_before
from schemas.prepared import item_sizes, load_histories
from tests.conftest import TINY
from tests.ranking.noise import add_noise

import tensorflow as tf  # isort: skip  (after the modules above, which prepare the process)

CANDIDATES = 3
RATED_BY = 5
"""The user whose first items are the candidates of the first row; of the next, the next user's."""


class Asked(NamedTuple):
    """Rows of owners and candidates.

    Attributes:
        batch: As the trainer takes them.
        request: As the signatures take them.
    """

    batch: dict[str, np.ndarray]
    request: dict[str, tf.Tensor]


class Exported(NamedTuple):
    """A ranker in both forms.

    Attributes:
        trainer: Before the export.
        model: The loaded SavedModel.
        histories: The fitted events, by index.
        rows: The same, raw, a row for each user.
    """

    trainer: RankerTrainer
    model: Any
    histories: Histories
    rows: list[dict[str, Any]]

    def ask(self, users: np.ndarray) -> Asked:
        """About users `[rows, owners]`, with all that they ever had; retrieval scores are drawn."""
        rows, owners = users.shape
        random = np.random.default_rng(0)
        score = random.normal(size=(rows, CANDIDATES, owners)).astype(np.float32)
        first = self.histories.offsets[RATED_BY : RATED_BY + rows, None]
        ends = self.histories.offsets[1:][users]
        flat = history_before(self.histories, users.ravel(), ends.ravel(), TINY.ranking.history_len)
        batch = {name: v.reshape(rows, owners, *v.shape[1:]) for name, v in flat.items()} | {
            "owner_mask": np.ones((rows, owners), bool),
            "candidate_item_id": self.histories.item_id[first + np.arange(CANDIDATES)][:, None],
            "retrieval_score": score[:, None],
            "rating_table": np.full((rows, owners), ALL),
        }
        of_candidates = self.rows[RATED_BY : RATED_BY + rows]
        request = _raw([[self.rows[user] for user in row] for row in users]) | {
            "candidate_item_id": tf.constant(
                [row["history_item_id"][:CANDIDATES] for row in of_candidates]
            ),
            "retrieval_score": tf.constant(score),
        }
        return Asked(batch, request)

    def scores(self, batch: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
        """What the training process gives, `[rows, candidates, ...]`."""
        scored = self.trainer.score(batch, self.trainer.item_vectors(), training=False)
        return {name: values.numpy()[:, 0] for name, values in scored.items()}

    def expected(self, batch: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
        """The same as it is served: ratings on their scale, and likes as chances."""
        scores = self.scores(batch)
        on_scale = {name: np.clip(scores[name], 1.0, 5.0) for name in ("rating", "joint_rating")}
        return scores | on_scale | {"like": 1 / (1 + np.exp(-scores["like"]))}

    def served(self, request: dict[str, tf.Tensor]) -> dict[str, np.ndarray]:
        """What the export gives."""
        found = self.model.signatures["serving_default"](**request)
        return {name: values.numpy() for name, values in found.items()}


def make_exported(prepared: Artifact, out: Path) -> Exported:
    """A ranker with random weights."""
    histories = load_histories(prepared, "fit")
    memory = remember(histories, item_sizes(prepared)[columns.ITEM_ID], TINY.ranking)
    trainer = new_trainer(prepared, histories, memory, TINY.ranking)
    add_noise(trainer.ranker, 0.05)
    export(trainer, memory, prepared, out)
    rows = pq.read_table(prepared.path / "fit.parquet").to_pylist()
    return Exported(trainer, tf.saved_model.load(str(out / "model")), histories, rows)


def _raw(people: list[list[dict[str, Any]]]) -> dict[str, tf.Tensor]:
    """Whole raw histories, padded on the right, and user features, `[rows, owners, ...]`."""
    width = max(len(person["history_item_id"]) for row in people for person in row)

    def column(name: str) -> list[list[Any]]:
        return [[person[name] for person in row] for row in people]

    def padded(name: str, filler: Any) -> list[list[list[Any]]]:
        return [
            [events + [filler] * (width - len(events)) for events in row] for row in column(name)
        ]

    return {
        "history_item_id": tf.constant(padded("history_item_id", "")),
        "history_rating": tf.constant(padded("history_rating", float("nan")), tf.float32),
        "history_timestamp": tf.constant(padded("history_timestamp", 0), tf.int64),
        "owner_count": tf.fill([len(people)], tf.constant(len(people[0]), tf.int64)),
        "gender": tf.constant(column("gender")),
        "age": tf.constant(column("age"), tf.float32),
        "occupation": tf.constant(column("occupation")),
    }
