"""The ranker as one SavedModel that takes raw values; signatures in docs/artifacts.md."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

import schemas.tf_runtime  # noqa: F401  (before TensorFlow)

# isort: split
import tensorflow as tf

from ranking import geometry
from ranking.explanations import contributions
from ranking.item_memory import ItemMemory
from ranking.known_ratings import ALL
from ranking.neighbour_search import search
from ranking.trainer import RankerTrainer
from schemas import columns
from schemas.artifacts import Artifact
from schemas.raw_features import RawFeatures, history_spec, newest_events
from schemas.saved_model import save_model

HISTORY = [columns.HISTORY_ITEM_ID, columns.HISTORY_RATING, columns.HISTORY_TIMESTAMP]


class RankingModule:
    """The transform graph, the ranker and what it knows of the items behind named signatures."""

    def __init__(self, trainer: RankerTrainer, memory: dict[str, np.ndarray], prepared: Artifact):
        self.raw = RawFeatures(prepared)
        self.ranker = trainer.ranker
        self.history_len = trainer.config.history_len
        self.attention_len = trainer.config.attention_len
        self.explained_events = min(columns.EXPLAINED_EVENTS, self.attention_len)
        self.memory = ItemMemory(
            {n: tf.Variable(values, trainable=False, name=n) for n, values in memory.items()},
            search,
        )
        known = self.memory.ratings(trainer.item_table[columns.ITEM_ID], ALL)
        vectors = self.ranker.rated(trainer.item_vectors(), *known)
        self.vectors = tf.Variable(vectors, trainable=False, name="vectors")

    def serving_default(self, **raw: Any) -> dict[str, Any]:
        """Raw histories, user features and candidate ids to scores."""
        return self._score(self._looked_up(self._batch(raw, HISTORY)))

    def from_vectors(self, **raw: Any) -> dict[str, Any]:
        """The same with the vectors of history and candidates given; their ids may be unknown."""
        batch = self._batch(raw, [*HISTORY, "history_vector"])
        batch["candidate_vector"] = raw["candidate_vector"][:, None]
        return self._score(batch | self._remembered(batch))

    def explain(self, **raw: Any) -> dict[str, Any]:
        """What each of the owners' newest events adds to the scores of the candidates.

        A score does not depend on the list it is in, so the candidates are the items to explain.
        """
        places = tf.range(1, 1 + tf.shape(raw[columns.HISTORY_ITEM_ID], tf.int64)[2])
        places = tf.broadcast_to(places, tf.shape(raw[columns.HISTORY_ITEM_ID]))
        batch = self._batch(raw | {columns.EVENT: places}, [*HISTORY, columns.EVENT])
        event = batch.pop(columns.EVENT)[:, :, -self.explained_events :] - 1
        inputs = self._looked_up(batch)
        moved = contributions(self.ranker, inputs, self.explained_events)
        return moved | {columns.EVENT: tf.where(batch["owner_mask"][..., None], event, -1)}

    def encode_items(self, **raw: Any) -> dict[str, Any]:
        """Raw item features to ranker vectors."""
        return {"item_vector": self._rated(self.raw.items(raw))}

    def _rated(self, items: dict[str, Any]) -> Any:
        known = self.memory.ratings(items[columns.ITEM_ID], ALL)
        return self.ranker.rated(self.ranker.item_vectors(items), *known)

    def signatures(self) -> dict[str, Any]:
        """Name to concrete function."""
        width = self.vectors.shape[1]
        request = {
            **history_spec([None, None]),
            **self.raw.user_spec([None]),
            columns.OWNER_COUNT: tf.TensorSpec([None], tf.int64, columns.OWNER_COUNT),
            columns.RETRIEVAL_SCORE: tf.TensorSpec(
                [None, None, None], tf.float32, columns.RETRIEVAL_SCORE
            ),
            columns.CANDIDATE_ITEM_ID: tf.TensorSpec(
                [None, None], tf.string, columns.CANDIDATE_ITEM_ID
            ),
        }
        history_vector = tf.TensorSpec([None, None, None, width], tf.float32, "history_vector")
        candidate_vector = tf.TensorSpec([None, None, width], tf.float32, "candidate_vector")
        specs = {
            "serving_default": request,
            "from_vectors": request
            | {"history_vector": history_vector, "candidate_vector": candidate_vector},
            "explain": request,
            "encode_items": self.raw.item_spec(),
        }
        return {
            name: tf.function(getattr(self, name)).get_concrete_function(**spec)
            for name, spec in specs.items()
        }

    def save(self, path: Path) -> None:
        """Writes the SavedModel."""
        parts: dict[str, Any] = {
            "raw": self.raw,
            "vectors": self.vectors,
            "memory": self.memory.values,
        }
        save_model(path, self.ranker, parts, self.signatures())

    def _batch(self, raw: dict[str, Any], names: list[str]) -> dict[str, Any]:
        """Histories cut, padded and indexed, `[batch, owners, events, ...]`.

        What is counted costs time for every event, so there are no more than the request has, but
        at least the `attention_len` that the transformer is made for.
        """
        shape = tf.shape(raw[columns.HISTORY_ITEM_ID])[:2]
        flat = {
            name: tf.reshape(raw[name], tf.concat([[-1], tf.shape(raw[name])[2:]], axis=0))
            for name in names
        }
        for name in names:
            flat[name] = tf.ensure_shape(flat[name], [None, None, *raw[name].shape[3:]])
        newest = newest_events(flat, names, self.history_len, self.attention_len)
        newest |= self._indices(raw, newest[columns.HISTORY_ITEM_ID], shape)
        batch = {}
        for name, value in newest.items():
            batch[name] = tf.reshape(value, tf.concat([shape, tf.shape(value)[1:]], axis=0))
            batch[name] = tf.ensure_shape(batch[name], [None, None, *value.shape[1:]])
        batch["owner_mask"] = tf.range(shape[1], dtype=tf.int64) < raw[columns.OWNER_COUNT][:, None]
        batch[columns.RETRIEVAL_SCORE] = raw[columns.RETRIEVAL_SCORE][:, None]
        # All owners have the same candidates.
        candidates = batch[columns.CANDIDATE_ITEM_ID][:, :1]
        batch[columns.CANDIDATE_ITEM_ID] = tf.ensure_shape(candidates, [None, 1, None])
        return batch

    def _indices(self, raw: dict[str, Any], history: Any, shape: Any) -> dict[str, Any]:
        """Item ids and user features as indices, `[batch * owners, ...]`.

        In one pass of the transform graph, whose time is that of its many small operations, however
        much they are given; so the candidates are looked up for each owner.
        """
        events = tf.shape(history)[1]
        candidates = raw[columns.CANDIDATE_ITEM_ID][:, None]
        candidates = tf.broadcast_to(
            candidates, tf.stack([shape[0], shape[1], tf.shape(candidates)[2]])
        )
        candidates = tf.reshape(candidates, tf.stack([shape[0] * shape[1], -1]))
        users = {name: tf.reshape(raw[name], [-1]) for name in self.raw.user_spec([None])}
        items, users = self.raw.items_and_users(tf.concat([history, candidates], axis=1), users)
        return users | {
            columns.HISTORY_ITEM_ID: tf.ensure_shape(items[:, :events], history.shape),
            columns.CANDIDATE_ITEM_ID: items[:, events:],
        }

    def _looked_up(self, batch: dict[str, Any]) -> dict[str, Any]:
        """The batch with the vectors of its items and what is known of them."""
        vectors = {
            "history_vector": tf.gather(self.vectors, batch[columns.HISTORY_ITEM_ID]),
            "candidate_vector": tf.gather(self.vectors, batch[columns.CANDIDATE_ITEM_ID]),
        }
        return batch | vectors | self._remembered(batch)

    def _remembered(self, batch: dict[str, Any]) -> dict[str, Any]:
        """What is known of each event's item and each candidate."""
        history, candidates = batch[columns.HISTORY_ITEM_ID], batch[columns.CANDIDATE_ITEM_ID]
        every = tf.fill(tf.shape(history)[:2], ALL)
        return {
            "affinity": self.memory.affinity(
                geometry.last_events(history, self.attention_len), candidates
            ),
            "agreement": self.memory.agreement(history, candidates, every),
        }

    def _score(self, batch: dict[str, Any]) -> dict[str, Any]:
        """Of a batch as the ranker takes it, with one cutoff; ratings stay on the scale."""
        scores = self.ranker(batch, training=False)
        low, high = self.raw.card.rating_range
        return {
            "rating": tf.clip_by_value(scores["rating"][:, 0], low, high),
            "like": tf.sigmoid(scores["like"][:, 0]),
            "joint_rating": tf.clip_by_value(scores["joint_rating"][:, 0], low, high),
            "watch_next": scores["watch_next"][:, 0],
        }


def export(
    trainer: RankerTrainer, memory: dict[str, np.ndarray], prepared: Artifact, out: Path
) -> None:
    """Writes `model/` into `out`, with the memory of all that may be known when it serves."""
    RankingModule(trainer, memory, prepared).save(out / "model")
