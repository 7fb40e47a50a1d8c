"""The models as the request path calls them, wherever they run: raw values in, numpy out."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from schemas import columns
from schemas.artifacts import Artifact
from schemas.cards import Card
from serving.catalogue import Catalogue
from serving.in_process import InProcess
from serving.profiles import NUMBERS, Profile
from serving.signatures import Backend, Shapes, Signature

HISTORY = (columns.HISTORY_ITEM_ID, columns.HISTORY_RATING, columns.HISTORY_TIMESTAMP)


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
        self._embedding_dim = int(config["embedding_dim"])
        self._viewers = _Viewers(card, catalogue, int(config["history_len"]))

    def encode(self, viewers: Sequence[Profile]) -> np.ndarray:
        """Query vectors of now, `[viewers, embedding_dim]` float32."""
        now = np.full(len(viewers), time.time(), np.int64)
        context = dict.fromkeys(self._context, now)
        shapes = {"query_vector": (len(viewers), self._embedding_dim)}
        return self._encode(self._viewers.tensors(viewers) | context, shapes)["query_vector"]


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
        settings = ranking.manifest["config"]
        self._explained_events = min(columns.EXPLAINED_EVENTS, int(settings["attention_len"]))
        self._viewers = _Viewers(card, catalogue, int(settings["history_len"]))
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
        each = (len(rows), len(viewers))
        shapes = {"rating": each, "joint_rating": each[:1], "watch_next": each}
        tensors = self._tensors(viewers, rows, retrieval_scores)
        return RankerScores(**_of_one(self._rank, tensors, shapes))

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


class _Viewers:
    """Profiles as padded arrays."""

    def __init__(self, card: Card, catalogue: Catalogue, history_len: int) -> None:
        self._item_ids = catalogue.encoded_ids
        self._history_len = history_len
        self._kinds = card.user_inputs

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
