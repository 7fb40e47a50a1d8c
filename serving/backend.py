"""The models, run in this process from their SavedModels: raw values in, numpy out."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

import schemas.tf_runtime  # noqa: F401  (before TensorFlow)

# isort: split
import tensorflow as tf

from schemas import columns
from schemas.artifacts import Artifact
from schemas.cards import Card
from serving.catalogue import Catalogue
from serving.profiles import NUMBERS, Profile

HISTORY = (columns.HISTORY_ITEM_ID, columns.HISTORY_RATING, columns.HISTORY_TIMESTAMP)


class RankerScores(NamedTuple):
    """The ranker's predictions.

    Attributes:
        rating: `[candidates, viewers]` float32, on the dataset's scale.
        joint_rating: `[candidates]` float32, the viewers' mean rating.
        watch_next: `[candidates]` float32.
    """

    rating: np.ndarray
    joint_rating: np.ndarray
    watch_next: np.ndarray


class QueryEncoder:
    """The query tower."""

    def __init__(self, retrieval: Artifact, card: Card, catalogue: Catalogue) -> None:
        """Loads the SavedModel of a retrieval artefact.

        Raises:
            ValueError: The signature does not take what the card says.
        """
        config = retrieval.manifest["config"]
        self._context = [columns.REQUEST_TIMESTAMP] if config.get("request_context") else []
        self._model = _Model(retrieval, [*HISTORY, *card.user_inputs, *self._context])
        self._viewers = _Viewers(card, catalogue, int(config["history_len"]))

    def encode(self, viewers: Sequence[Profile]) -> np.ndarray:
        """Query vectors of now, `[viewers, embedding_dim]` float32."""
        now = np.full(len(viewers), time.time(), np.int64)
        context = dict.fromkeys(self._context, now)
        return self._model(self._viewers.tensors(viewers) | context)["query_vector"]


class Ranker:
    """The ranking transformer; its owners are the viewers."""

    def __init__(self, ranking: Artifact, card: Card, catalogue: Catalogue) -> None:
        """Loads the SavedModel of a ranking artefact.

        Raises:
            ValueError: The signature does not take what the card says.
        """
        inputs = [*HISTORY, *card.user_inputs, columns.OWNER_COUNT]
        inputs += [columns.CANDIDATE_ITEM_ID, columns.RETRIEVAL_SCORE]
        self._model = _Model(ranking, inputs)
        self._viewers = _Viewers(card, catalogue, int(ranking.manifest["config"]["history_len"]))
        self._item_ids = catalogue.encoded_ids

    def rank(
        self, viewers: Sequence[Profile], rows: np.ndarray, retrieval_scores: np.ndarray
    ) -> RankerScores:
        """Scores all candidates for all viewers in one pass.

        Args:
            viewers: At least one.
            rows: `[candidates]` int64 catalogue rows.
            retrieval_scores: `[candidates, viewers]` float32 inner products.
        """
        tensors = {
            **self._viewers.tensors(viewers),
            columns.OWNER_COUNT: np.int64(len(viewers)),
            columns.CANDIDATE_ITEM_ID: self._item_ids[rows],
            columns.RETRIEVAL_SCORE: retrieval_scores,
        }
        # The model's batch is requests; here there is one.
        outputs = self._model({name: value[np.newaxis] for name, value in tensors.items()})
        return RankerScores(**{name: outputs[name][0] for name in RankerScores._fields})


class _Model:
    """A SavedModel's `serving_default`."""

    def __init__(self, artifact: Artifact, inputs: Sequence[str]) -> None:
        path = artifact.path / "model"
        # The loaded object owns the variables that the signature only refers to.
        self._loaded = tf.saved_model.load(str(path))
        self._signature = self._loaded.signatures["serving_default"]
        self._dtypes: dict[str, tf.DType] = {
            name: spec.dtype for name, spec in self._signature.structured_input_signature[1].items()
        }
        if set(self._dtypes) != set(inputs):
            raise ValueError(
                f"{path}: serving_default: expected the inputs {sorted(inputs)}, "
                f"got {sorted(self._dtypes)}"
            )

    def __call__(self, values: dict[str, Any]) -> dict[str, np.ndarray]:
        tensors = {name: tf.constant(values[name], dtype) for name, dtype in self._dtypes.items()}
        outputs = {name: value.numpy() for name, value in self._signature(**tensors).items()}
        for name, value in outputs.items():
            if not np.isfinite(value).all():
                raise FloatingPointError(f"the model's {name} holds NaN or infinity")
        return outputs


class _Viewers:
    """Profiles as padded arrays."""

    def __init__(self, card: Card, catalogue: Catalogue, history_len: int) -> None:
        self._item_ids = catalogue.encoded_ids
        self._history_len = history_len
        self._kinds = card.user_inputs

    def tensors(self, viewers: Sequence[Profile]) -> dict[str, np.ndarray]:
        """The history_* arrays `[viewers, events]`, right-padded, and user inputs `[viewers]`.

        Histories are cut to their newest `history_len` events. There is at least one event of
        padding, so that no model meets a tensor of width 0.
        """
        newest = [slice(max(0, len(v.rows) - self._history_len), None) for v in viewers]
        width = max(1, max(len(v.rows[cut]) for v, cut in zip(viewers, newest, strict=True)))
        shape = (len(viewers), width)
        item_id = np.full(shape, b"", dtype=object)
        rating = np.full(shape, np.nan, dtype=np.float32)
        timestamp = np.zeros(shape, dtype=np.int64)
        for at, (viewer, cut) in enumerate(zip(viewers, newest, strict=True)):
            rows = viewer.rows[cut]
            item_id[at, : len(rows)] = self._item_ids[rows]
            rating[at, : len(rows)] = viewer.ratings[cut]
            timestamp[at, : len(rows)] = viewer.timestamps[cut]
        return {
            columns.HISTORY_ITEM_ID: item_id,
            columns.HISTORY_RATING: rating,
            columns.HISTORY_TIMESTAMP: timestamp,
            **{name: self._feature(name, viewers) for name in self._kinds},
        }

    def _feature(self, name: str, viewers: Sequence[Profile]) -> np.ndarray:
        dtype = NUMBERS[self._kinds[name]][0] if self._kinds[name] in NUMBERS else object
        return np.array([viewer.features[name] for viewer in viewers], dtype=dtype)
