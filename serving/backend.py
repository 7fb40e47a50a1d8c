"""The models as the request path calls them, wherever they run: raw values in, numpy out."""

from __future__ import annotations

import copy
import time
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from schemas import columns
from schemas.artifacts import Artifact
from schemas.cards import Card
from serving.catalogue import Catalogue
from serving.in_process import InProcess
from serving.item_vectors import ItemVectors
from serving.profiles import NUMBERS, Profile
from serving.signatures import Backend, Shapes, Signature, Signatures

HISTORY = (columns.HISTORY_ITEM_ID, columns.HISTORY_RATING, columns.HISTORY_TIMESTAMP)
HISTORY_VECTOR, CANDIDATE_VECTOR = "history_vector", "candidate_vector"
"""Inputs of `from_vectors`, which is called where a model does not hold the vector of an item."""


class RankerScores(NamedTuple):
    """The ranker's predictions.

    Attributes:
        rating: `[candidates, viewers]` float32, on the dataset's scale.
        joint_rating: `[candidates]` float32, the viewers' mean rating.
        watch_next: `[candidates, viewers]` float32, logits of each viewer's choice.
    """

    rating: np.ndarray
    joint_rating: np.ndarray
    watch_next: np.ndarray


class Contributions(NamedTuple):
    """What each of the viewers' newest events adds to the scores of items.

    Attributes:
        event_rows: `[viewers, events]` int64 catalogue rows of what was watched, -1: no event.
        watch_next: `[items, viewers, viewers, events]` float32, whose logit and then whose event.
        rating: The same shape, not cut to the rating scale.
        joint_rating: `[items, viewers, events]` float32, likewise.
    """

    event_rows: np.ndarray
    watch_next: np.ndarray
    rating: np.ndarray
    joint_rating: np.ndarray


class QueryEncoder:
    """The query tower."""

    def __init__(
        self, retrieval: Artifact, card: Card, catalogue: Catalogue, backend: Backend | None = None
    ) -> None:
        """Opens the model of a retrieval artefact.

        Args:
            retrieval: The artefact.
            card: Of the data.
            catalogue: Whose rows the histories are.
            backend: What runs the model; None: this process.

        Raises:
            ValueError: The signature does not take or give what it should.
            OSError: The backend does not have the model.
        """
        config = retrieval.manifest["config"]
        self._context = [columns.REQUEST_TIMESTAMP] if config.get("request_context") else []
        inputs = [*HISTORY, *card.user_inputs, *self._context]
        self.model = (backend or InProcess()).open(retrieval, "retrieval")
        outputs = {"query_vector": np.float32}
        self._encode = Signature(self.model, "serving_default", inputs, outputs)
        given = [*inputs, HISTORY_VECTOR]
        self._from_vectors = Signature(self.model, "from_vectors", given, outputs)
        self._embedding_dim = int(config["embedding_dim"])
        self._viewers = _Viewers(card, catalogue, int(config["history_len"]))
        self.items = _item_vectors(self.model, card, catalogue)

    def over(self, catalogue: Catalogue) -> QueryEncoder:
        """The same over another state of the catalogue."""
        other = copy.copy(self)
        other._viewers, other.items = self._viewers.over(catalogue), self.items.over(catalogue)
        return other

    def encode(self, viewers: Sequence[Profile]) -> np.ndarray:
        """Query vectors of now, `[viewers, embedding_dim]` float32."""
        rows = self._viewers.rows(viewers)
        vectors = self.items.of(rows) if self._viewers.changed(rows) else None
        return self._encoded(viewers, vectors)

    def warm_up(self, row: np.ndarray) -> None:
        """Calls for an item, `[1]` int64 row, what new items need and others do not."""
        viewer = self._viewers.of_one_item(row)
        self._encoded([viewer], self.items.of(self._viewers.rows([viewer])))

    def _encoded(self, viewers: Sequence[Profile], vectors: np.ndarray | None) -> np.ndarray:
        """With the vectors of the histories, or by the model's own."""
        now = np.full(len(viewers), time.time(), np.int64)
        tensors = self._viewers.tensors(viewers) | dict.fromkeys(self._context, now)
        shapes = {"query_vector": (len(viewers), self._embedding_dim)}
        if vectors is None:
            return self._encode(tensors, shapes)["query_vector"]
        return self._from_vectors(tensors | {HISTORY_VECTOR: vectors}, shapes)["query_vector"]


class Ranker:
    """The ranking transformer; its owners are the viewers."""

    def __init__(
        self, ranking: Artifact, card: Card, catalogue: Catalogue, backend: Backend | None = None
    ) -> None:
        """Opens the model of a ranking artefact; as `QueryEncoder`."""
        inputs = [*HISTORY, *card.user_inputs, columns.OWNER_COUNT]
        inputs += [columns.CANDIDATE_ITEM_ID, columns.RETRIEVAL_SCORE]
        self.model = (backend or InProcess()).open(ranking, "ranking")
        scores = dict.fromkeys(RankerScores._fields, np.float32)
        moved = scores | {columns.EVENT: np.int64}
        self._explain = Signature(self.model, "explain", inputs, moved)
        self._rank = Signature(self.model, "serving_default", inputs, scores)
        given = [*inputs, HISTORY_VECTOR, CANDIDATE_VECTOR]
        self._from_vectors = Signature(self.model, "from_vectors", given, scores)
        settings = ranking.manifest["config"]
        self._explained_events = min(columns.EXPLAINED_EVENTS, int(settings["attention_len"]))
        self._viewers = _Viewers(card, catalogue, int(settings["history_len"]))
        self._item_ids = catalogue.encoded_ids
        self._items = _item_vectors(self.model, card, catalogue)

    def over(self, catalogue: Catalogue) -> Ranker:
        """The same over another state of the catalogue."""
        other = copy.copy(self)
        other._viewers, other._items = self._viewers.over(catalogue), self._items.over(catalogue)
        other._item_ids = catalogue.encoded_ids
        return other

    def rank(
        self, viewers: Sequence[Profile], rows: np.ndarray, retrieval_scores: np.ndarray
    ) -> RankerScores:
        """Scores all candidates for all viewers in one pass.

        Args:
            viewers: At least one.
            rows: `[candidates]` int64 catalogue rows.
            retrieval_scores: `[candidates, viewers]` float32 inner products.
        """
        history = self._viewers.rows(viewers)
        changed = self._viewers.changed(history) or self._viewers.changed(rows)
        return self._ranked(viewers, rows, retrieval_scores, by_vectors=changed)

    def warm_up(self, row: np.ndarray) -> None:
        """As `QueryEncoder.warm_up`."""
        viewer, score = self._viewers.of_one_item(row), np.zeros((1, 1), np.float32)
        self._ranked([viewer], row, score, by_vectors=True)

    def _ranked(
        self,
        viewers: Sequence[Profile],
        rows: np.ndarray,
        retrieval_scores: np.ndarray,
        by_vectors: bool,
    ) -> RankerScores:
        """With the vectors of all items that there are, or by the model's own."""
        each = (len(rows), len(viewers))
        shapes = {"rating": each, "joint_rating": each[:1], "watch_next": each}
        tensors = self._tensors(viewers, rows, retrieval_scores)
        if not by_vectors:
            return RankerScores(**_of_one(self._rank, tensors, shapes))
        history = self._viewers.rows(viewers)
        vectors = self._items.of(np.concatenate([rows, history.ravel()]))
        tensors[CANDIDATE_VECTOR] = vectors[: len(rows)]
        tensors[HISTORY_VECTOR] = vectors[len(rows) :].reshape(*history.shape, -1)
        return RankerScores(**_of_one(self._from_vectors, tensors, shapes))

    def explain(
        self, viewers: Sequence[Profile], rows: np.ndarray, retrieval_scores: np.ndarray
    ) -> Contributions:
        """What each of the viewers' newest events adds to the scores of items; as `rank`."""
        items, owners = len(rows), len(viewers)
        events = (owners, self._explained_events)
        shapes = {
            "rating": (items, owners, *events),
            "joint_rating": (items, *events),
            "watch_next": (items, owners, *events),
            columns.EVENT: events,
        }
        outputs = _of_one(self._explain, self._tensors(viewers, rows, retrieval_scores), shapes)
        event, sent = outputs.pop(columns.EVENT), self._viewers.rows(viewers)
        watched = np.take_along_axis(sent, np.maximum(event, 0), axis=1)
        return Contributions(event_rows=np.where(event >= 0, watched, -1), **outputs)

    def _tensors(
        self, viewers: Sequence[Profile], rows: np.ndarray, retrieval_scores: np.ndarray
    ) -> dict[str, np.ndarray]:
        return {
            **self._viewers.tensors(viewers),
            columns.OWNER_COUNT: np.array(len(viewers), dtype=np.int64),
            columns.CANDIDATE_ITEM_ID: self._item_ids[rows],
            columns.RETRIEVAL_SCORE: retrieval_scores,
        }


def _of_one(
    signature: Signature, tensors: dict[str, np.ndarray], shapes: Shapes
) -> dict[str, np.ndarray]:
    """The outputs for one request, where the model's batch is requests."""
    outputs = signature(
        {name: value[np.newaxis] for name, value in tensors.items()},
        {name: (1, *shape) for name, shape in shapes.items()},
    )
    return {name: value[0] for name, value in outputs.items()}


def _item_vectors(model: Signatures, card: Card, catalogue: Catalogue) -> ItemVectors:
    inputs = [columns.ITEM_ID, *card.item_inputs]
    encode = Signature(model, "encode_items", inputs, {"item_vector": np.float32})
    return ItemVectors(encode, catalogue)


class _Viewers:
    """Profiles as padded arrays."""

    def __init__(self, card: Card, catalogue: Catalogue, history_len: int) -> None:
        self._item_ids = catalogue.encoded_ids
        self.changed = catalogue.changed
        self._history_len = history_len
        self._kinds = card.user_inputs

    def over(self, catalogue: Catalogue) -> _Viewers:
        """The same over another state of the catalogue."""
        other = copy.copy(self)
        other._item_ids, other.changed = catalogue.encoded_ids, catalogue.changed
        return other

    def of_one_item(self, row: np.ndarray) -> Profile:
        """A viewer of whom nothing but one event without rating and time is known."""
        return Profile(
            rows=row,
            ratings=np.full(1, np.nan, np.float32),
            timestamps=np.zeros(1, np.int64),
            features={
                name: NUMBERS[kind][1] if kind in NUMBERS else ""
                for name, kind in self._kinds.items()
            },
        )

    def tensors(self, viewers: Sequence[Profile]) -> dict[str, np.ndarray]:
        """The history_* arrays `[viewers, events]`, as in `rows`, and user inputs `[viewers]`."""
        rows = self.rows(viewers)
        return {
            columns.HISTORY_ITEM_ID: np.where(rows >= 0, self._item_ids[rows], b""),
            columns.HISTORY_RATING: self._padded(
                [viewer.ratings for viewer in viewers], np.float32(np.nan)
            ),
            columns.HISTORY_TIMESTAMP: self._padded(
                [viewer.timestamps for viewer in viewers], np.int64(0)
            ),
            **{name: self._feature(name, viewers) for name in self._kinds},
        }

    def rows(self, viewers: Sequence[Profile]) -> np.ndarray:
        """Catalogue rows of the histories, `[viewers, events]` int64, right-padded with -1.

        Histories are cut to their newest `history_len` events. There is at least one event of
        padding, so that no model meets a tensor of width 0.
        """
        return self._padded([viewer.rows for viewer in viewers], np.int64(-1))

    def _padded(self, histories: Sequence[np.ndarray], filler: np.generic) -> np.ndarray:
        newest = [history[max(0, len(history) - self._history_len) :] for history in histories]
        padded = np.full((len(newest), max(1, *map(len, newest))), filler)
        for at, history in enumerate(newest):
            padded[at, : len(history)] = history
        return padded

    def _feature(self, name: str, viewers: Sequence[Profile]) -> np.ndarray:
        dtype = NUMBERS[self._kinds[name]][0] if self._kinds[name] in NUMBERS else object
        return np.array([viewer.features[name] for viewer in viewers], dtype=dtype)
