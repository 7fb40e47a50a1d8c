"""The exported models as the callables that the evaluation takes.

Both models are read by path and asked through their signatures (docs/artifacts.md), as the server
does, so what is measured is what was exported.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, Protocol

import numpy as np

import schemas.tf_runtime  # noqa: F401  # before TensorFlow

# isort: split
import tensorflow as tf

from evaluation.ratings import Opinion
from evaluation.requests import Requests
from schemas import columns

SERVING = "serving_default"


class Search(Protocol):
    """Nearest items by inner product: the index that is served."""

    def __call__(
        self, query_vector: np.ndarray, k: int
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """The k nearest items.

        Args:
            query_vector: float32 `[rows, embedding_dim]`.
            k: Items asked for; may exceed the catalogue.

        Returns:
            Item index int `[rows, n]` in catalogue order, inner product float32 `[rows, n]`, bool
            `[rows, n]` validity, best first; n is k or, where there are no more items, less.
        """


class RetrievalModel:
    """The query tower with the items' vectors, from a `retrieval` artefact.

    An `evaluation.ranking_protocol.Scorer` too: the first stage alone, without an index.

    Args:
        path: The artefact's directory.
        item_ids: object (str) `[items]`, the catalogue of the requests to come.
        history_len: Newest events of a history that are sent.

    Raises:
        ValueError: The artefact's items are not those of the catalogue, in its order.
    """

    def __init__(self, path: Path, item_ids: np.ndarray, history_len: int) -> None:
        trained_on = (path / "item_ids.txt").read_bytes().decode().removesuffix("\n").split("\n")
        if trained_on != item_ids.tolist():
            raise ValueError(
                f"{path / 'item_ids.txt'}: expected the {len(item_ids)} items of the catalogue in "
                f"its order, got {len(trained_on)} others or in another order"
            )
        self.item_vectors: np.ndarray = np.load(path / "item_vectors.npy", allow_pickle=False)
        self._signature = _Signature(path / "model")
        self._history_len = history_len

    def encode(self, requests: Requests, rows: np.ndarray) -> np.ndarray:
        """Query vectors: float32 `[rows, embedding_dim]`."""
        history = requests.padded(rows, self._history_len)
        inputs = _inputs(history._asdict(), requests.user_features, rows)
        inputs[columns.REQUEST_TIMESTAMP] = requests.target_timestamp[rows]
        return self._signature(inputs)["query_vector"]

    def score(self, requests: Requests, rows: np.ndarray) -> np.ndarray:
        """Inner products with every item; see `evaluation.ranking_protocol.Scorer`."""
        return self.encode(requests, rows) @ self.item_vectors.T


class Retriever:
    """`evaluation.two_stage.Retrieve` over a model and a search.

    The search knows nothing of histories: it is asked for as many items more as the longest
    history of the batch has, so that enough are left when the seen ones are taken out.
    """

    def __init__(self, model: RetrievalModel, search: Search) -> None:
        self._model = model
        self._search = search

    def __call__(
        self, requests: Requests, rows: np.ndarray, k: int
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """See `evaluation.two_stage.Retrieve`."""
        longest = int((requests.indptr[rows + 1] - requests.indptr[rows]).max())
        item, score, valid = self._search(self._model.encode(requests, rows), k + longest)
        item = np.where(valid, item, 0)
        keep = valid & ~np.take_along_axis(requests.seen(rows), item, axis=1)
        short = ((0, 0), (0, max(0, k - keep.shape[1])))
        item, score, keep = np.pad(item, short), np.pad(score, short), np.pad(keep, short)
        first = np.argsort(~keep, axis=1, kind="stable")[:, :k]
        return (
            np.take_along_axis(item, first, axis=1),
            np.take_along_axis(score, first, axis=1),
            np.take_along_axis(keep, first, axis=1),
        )


class Ranker:
    """The ranker, from a `ranking` artefact, with the retrieval model whose scores it reads.

    `rank` is an `evaluation.two_stage.Rank`, `score` an `evaluation.groups.lists.Score`, `opinion`
    an `evaluation.ratings.PredictOpinion`, `predict` a `Predict` and `predict_pair` a `PredictPair`
    of there.

    Args:
        path: The artefact's directory.
        retrieval: Gives the retrieval score of targets that retrieval need not have returned.
        history_len: Newest events of each owner's history that are sent.
    """

    def __init__(self, path: Path, retrieval: RetrievalModel, history_len: int) -> None:
        self._signature = _Signature(path / "model")
        self._retrieval = retrieval
        self._history_len = history_len

    def rank(
        self,
        requests: Requests,
        rows: np.ndarray,
        item_index: np.ndarray,
        score: np.ndarray,
        valid: np.ndarray,
    ) -> np.ndarray:
        """Scores retrieved candidates; those that are not valid are sent as padding."""
        found = self.score(requests, rows[:, None], item_index, score[:, :, None], valid)
        return found["watch_next"][:, :, 0]

    def score(
        self,
        requests: Requests,
        owners: np.ndarray,
        item_index: np.ndarray,
        score: np.ndarray,
        valid: np.ndarray,
    ) -> dict[str, np.ndarray]:
        """Scores retrieved candidates for owners who watch together.

        Args:
            requests: The split.
            owners: int64 `[batch, owners]`, a request of each owner.
            item_index: int `[batch, candidates]`.
            score: float32 `[batch, candidates, owners]`, retrieval scores.
            valid: bool `[batch, candidates]`; the others are sent as padding.

        Returns:
            The model's outputs by name, float32 `[batch, candidates]`, or `[batch, candidates,
            owners]` where each owner has their own (docs/artifacts.md).
        """
        item_id = np.where(valid, requests.item_ids[np.where(valid, item_index, 0)], "")
        known = np.where(valid[:, :, None], score, 0.0).astype(np.float32)
        return self._call(requests, [*owners.T], item_id, known)

    def opinion(self, requests: Requests, rows: np.ndarray) -> Opinion:
        """Predicts what is thought of the target, the only candidate of its request."""
        item_id, score = self._target(requests, [rows])
        found = self._call(requests, [rows], item_id, score)
        return Opinion(found["rating"][:, 0, 0], found["like"][:, 0, 0])

    def predict(self, requests: Requests, rows: np.ndarray) -> np.ndarray:
        """The rating of `opinion`."""
        return self.opinion(requests, rows).rating

    def predict_pair(self, requests: Requests, left: np.ndarray, right: np.ndarray) -> np.ndarray:
        """Predicts the mean rating that two owners give the target they share."""
        item_id, score = self._target(requests, [left, right])
        return self._call(requests, [left, right], item_id, score)["joint_rating"][:, 0]

    def _target(
        self, requests: Requests, owners: list[np.ndarray]
    ) -> tuple[np.ndarray, np.ndarray]:
        """Target ids `[batch, 1]` and their retrieval scores `[batch, 1, owners]`."""
        target = requests.target_item[owners[0]]
        vector = self._retrieval.item_vectors[target]
        scores = [np.sum(self._retrieval.encode(requests, o) * vector, axis=1) for o in owners]
        score = np.stack(scores, axis=1)[:, None, :].astype(np.float32)
        return requests.item_ids[target][:, None], score

    def _call(
        self, requests: Requests, owners: list[np.ndarray], item_id: np.ndarray, score: np.ndarray
    ) -> dict[str, np.ndarray]:
        """Asks the model.

        Args:
            requests: The split.
            owners: For each owner the rows, int64 `[batch]`.
            item_id: object (str) `[batch, candidates]`.
            score: float32 `[batch, candidates, owners]`.
        """
        rows = np.stack(owners, axis=1)
        flat = requests.padded(rows.ravel(), self._history_len)._asdict()
        history = {name: value.reshape(*rows.shape, -1) for name, value in flat.items()}
        inputs = _inputs(history, requests.user_features, rows) | {
            columns.OWNER_COUNT: np.full(len(rows), len(owners), np.int64),
            columns.CANDIDATE_ITEM_ID: item_id,
            columns.RETRIEVAL_SCORE: score,
        }
        return self._signature(inputs)


class _Signature:
    """`serving_default` of a SavedModel, in numpy; what it does not read is left out."""

    def __init__(self, path: Path) -> None:
        # A signature's function holds its model weakly: without this reference it dies.
        self._model = tf.saved_model.load(str(path))
        self._function = self._model.signatures[SERVING]
        self._names = set(self._function.structured_input_signature[1])

    def __call__(self, inputs: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
        tensors: dict[str, Any] = {
            name: tf.constant(value) for name, value in inputs.items() if name in self._names
        }
        return {name: value.numpy() for name, value in self._function(**tensors).items()}


def _inputs(
    history: dict[str, np.ndarray], user_features: dict[str, np.ndarray], rows: np.ndarray
) -> dict[str, np.ndarray]:
    named = {f"{columns.HISTORY_PREFIX}{name}": value for name, value in history.items()}
    return named | {name: values[rows] for name, values in user_features.items()}
