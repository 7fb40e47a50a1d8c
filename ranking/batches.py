"""Training batches of three kinds, each of a static shape."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np

from ranking.easy_negatives import EasyNegatives
from ranking.known_ratings import ALL, part_of
from ranking.samples import CandidateLists, sample_negatives, sample_pairs, user_of_event
from schemas import columns
from schemas.config import RankingConfig
from schemas.histories import Histories, history_before, training_windows

Batch = dict[str, np.ndarray]

NO_EVENT = -1
LABEL = "label"
RATING_TABLE = "rating_table"
"""`[batch, owners]`, the table of `ranking.known_ratings` that is read; a row's owners share it."""
RATING_PARTS = 4
"""Parts of the users, so that a row that asks for ratings finds none of its users' in the table it
reads; it misses those of a quarter of the users, where service has all."""


class Drawn(NamedTuple):
    """An epoch's order and samples.

    Attributes:
        windows: `[steps * batch_size]` int64, rows of the windows.
        lists: `[steps * list_rows]` int64, rows of the lists.
        candidates: `[lists, slots, 1 + negatives + easy_negatives]` int64, item indices.
        scores: The same shape, float32, their retrieval scores.
        pairs: `[steps * pair_batch_size, 2]` int64, events.
    """

    windows: np.ndarray
    lists: np.ndarray
    candidates: np.ndarray
    scores: np.ndarray
    pairs: np.ndarray


class TrainingBatches:
    """One step is a batch of each kind.

    * `singles`: one owner, every position of a window: the rating of the next event.
    * `lists`: one owner, the held-back events: the watched item among retrieved ones and, with
      `easy_negatives`, others.
    * `pairs`: two owners, each with the history before their own rating of a common item.

    Every epoch draws a new order, new negatives and new pairs, which follow from the seed and its
    number. It has the whole number of batches that is nearest to the windows, at least 1: what is
    over is left out of that epoch, and what is missing is taken again from the start of the order.
    Lists are spread over these batches and none is left out; pairs are cut or taken again like
    windows.
    """

    def __init__(
        self,
        histories: Histories,
        lists: CandidateLists,
        easy: EasyNegatives,
        config: RankingConfig,
    ):
        """Prepares the windows.

        Args:
            histories: The events to fit; none that is validated on.
            lists: Candidate lists to fit.
            easy: Of these lists.
            config: The stage's configuration.
        """
        tables = part_of(np.arange(len(histories.users)), RATING_PARTS)
        features = histories.user_features | {RATING_TABLE: tables}
        self.histories = histories = replace(histories, user_features=features)
        self.lists, self.easy, self.config = lists, easy, config
        earlier = config.history_len - config.attention_len
        self.windows = training_windows(histories, config.attention_len, earlier)
        self.steps = max(1, round(len(self.windows[columns.TARGET_ITEM_ID]) / config.batch_size))
        self.list_rows = max(1, -(-len(lists.user) // self.steps))

    def epoch(
        self, number: int, first_step: int = 0
    ) -> Iterator[tuple[dict[str, Batch], np.ndarray]]:
        """The batches of an epoch from one of its steps on.

        Args:
            number: The epoch.
            first_step: Steps left out.

        Yields:
            Inputs by kind; the labels travel with them, and the second value only counts rows.
        """
        drawn = self._draw(number)
        for step in range(first_step, self.steps):
            batch = {
                "singles": self._singles(_slice(drawn.windows, step, self.config.batch_size)),
                "lists": self._lists(_slice(drawn.lists, step, self.list_rows), drawn),
                "pairs": self._pairs(_slice(drawn.pairs, step, self.config.pair_batch_size)),
            }
            yield batch, np.zeros(self.config.batch_size, np.float32)

    def _draw(self, number: int) -> Drawn:
        rng = np.random.default_rng([self.config.seed, number])
        windows = rng.permutation(len(self.windows[columns.TARGET_ITEM_ID]))
        lists = rng.permutation(len(self.lists.user))
        hard = sample_negatives(self.lists, self.config.negatives, rng)
        easy = self.easy.draw(self.config.easy_negatives, rng)
        both = zip(hard, easy, strict=True)
        candidates, scores = (np.concatenate(arrays, axis=-1) for arrays in both)
        table = self.histories.user_features[RATING_TABLE]
        pairs = sample_pairs(self.histories, table, self.config.pairs_per_item, rng)
        if not len(pairs):
            # The batch keeps its shape, without a label, where no two users rated the same item.
            pairs = np.full((1, 2), NO_EVENT)
        return Drawn(
            _fill(windows, self.steps * self.config.batch_size),
            _fill(lists, self.steps * self.list_rows),
            candidates,
            scores,
            pairs[_fill(np.arange(len(pairs)), self.steps * self.config.pair_batch_size)],
        )

    def _singles(self, rows: np.ndarray) -> Batch:
        taken = {name: values[rows] for name, values in self.windows.items()}
        target, rating = taken.pop(columns.TARGET_ITEM_ID), taken.pop(columns.TARGET_RATING)
        del taken[columns.TARGET_TIMESTAMP]
        return one_owner(taken) | {
            columns.CANDIDATE_ITEM_ID: target[:, :, None],
            columns.RETRIEVAL_SCORE: np.zeros((*target.shape, 1, 1), np.float32),
            LABEL: rating[:, :, None, None],
        }

    def _lists(self, rows: np.ndarray, drawn: Drawn) -> Batch:
        return list_inputs(
            self.lists, rows, drawn.candidates[rows], drawn.scores[rows], self.config.history_len
        )

    def _pairs(self, pairs: np.ndarray) -> Batch:
        events = np.maximum(pairs, 0)
        user = user_of_event(self.histories, events)
        flat = history_before(self.histories, user.ravel(), events.ravel(), self.config.history_len)
        rating = np.where(pairs == NO_EVENT, np.float32(np.nan), self.histories.rating[events])
        owners = {n: values.reshape(*events.shape, *values.shape[1:]) for n, values in flat.items()}
        return owners | {
            "owner_mask": np.ones(events.shape, bool),
            columns.CANDIDATE_ITEM_ID: self.histories.item_id[events[:, 0]][:, None, None],
            columns.RETRIEVAL_SCORE: np.zeros((len(events), 1, 1, 2), np.float32),
            LABEL: rating[:, None, None],
        }


def list_inputs(
    lists: CandidateLists,
    rows: np.ndarray | slice,
    candidates: np.ndarray,
    scores: np.ndarray,
    history_len: int,
) -> Batch:
    """Candidates of some lists as the model takes them.

    Args:
        lists: Where the rows' users and moments are.
        rows: Which rows.
        candidates: `[rows, slots, candidates]` int64.
        scores: Their retrieval scores, the same shape, float32.
        history_len: Events of a history.
    """
    history = history_before(lists.histories, lists.user[rows], lists.end[rows], history_len)
    return one_owner(history) | {
        RATING_TABLE: np.full((len(candidates), 1), ALL),
        columns.CANDIDATE_ITEM_ID: candidates,
        columns.RETRIEVAL_SCORE: scores[..., None],
    }


def one_owner(rows: Batch) -> Batch:
    """Adds the owner axis to history and user columns, and the mask."""
    owners = {name: values[:, None] for name, values in rows.items()}
    return owners | {"owner_mask": np.ones((len(next(iter(rows.values()))), 1), bool)}


def _fill(order: np.ndarray, count: int) -> np.ndarray:
    """The first `count` of `order`, beginning again where it is shorter."""
    return np.resize(order, count)


def _slice(values: Any, step: int, size: int) -> Any:
    return values[step * size : (step + 1) * size]
