"""Ratings on random folds: the ranker's rating head alone, beside the bias model.

Events are dealt into folds at random. A user's history is what the other folds hold of them, at
whatever time, so this asks how well taste is explained and not what comes next; many papers and
tutorials do so. What is asked for then lies anywhere among the events of the history, so these are
given in a random order and without their times, to fit and to predict.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

import schemas.tf_runtime  # noqa: F401  (before TensorFlow)

# isort: split
import tensorflow as tf

from evaluation.baselines.bias import BiasModel
from evaluation.requests import Requests
from ranking.affinities import count_affinities
from ranking.batches import RATING_PARTS, RATING_TABLE, TrainingBatches, one_owner
from ranking.easy_negatives import EasyNegatives
from ranking.item_memory import remembered
from ranking.known_ratings import ALL, count_ratings
from ranking.samples import CandidateLists, user_of_event
from ranking.train import CLIP_NORM, WARMUP_STEPS, new_trainer
from ranking.trainer import RankerTrainer
from schemas import columns
from schemas.artifacts import Artifact
from schemas.config import RankingConfig
from schemas.histories import Histories, history_before
from schemas.prepared import is_item, item_sizes, load_card
from towers.optimizer import adamw

USERS_AT_ONCE = 64


@dataclass(frozen=True)
class Held:
    """Ratings held out of some histories.

    Attributes:
        user: int64 `[ratings]`, user rows.
        item_id: int64 `[ratings]`, item indices.
        rating: float32 `[ratings]`.
    """

    user: np.ndarray
    item_id: np.ndarray
    rating: np.ndarray


def deal(histories: Histories, folds: int, seed: int) -> np.ndarray:
    """The fold of each event, `[events]` int64, all of equal size but for one event."""
    return np.random.default_rng(seed).permutation(len(histories.item_id)) % folds


def in_random_order(histories: Histories, seed: int) -> Histories:
    """The histories with each user's events in a random order and without times."""
    user = np.repeat(np.arange(len(histories.users)), histories.lengths)
    order = np.lexsort((np.random.default_rng(seed).random(len(user)), user))
    return replace(
        histories,
        item_id=histories.item_id[order],
        rating=histories.rating[order],
        timestamp=np.zeros_like(histories.timestamp),
    )


def hold_out(histories: Histories, held: np.ndarray) -> tuple[Histories, Held]:
    """The histories without some of their events, and the ratings of those.

    Args:
        histories: All events.
        held: `[events]` bool.
    """
    event = np.flatnonzero(held & ~np.isnan(histories.rating))
    user = np.repeat(np.arange(len(histories.users)), histories.lengths)
    lengths = np.bincount(user[~held], minlength=len(histories.users))
    rest = replace(
        histories,
        offsets=np.concatenate([[0], np.cumsum(lengths)]),
        item_id=histories.item_id[~held],
        rating=histories.rating[~held],
        timestamp=histories.timestamp[~held],
    )
    of = Held(user_of_event(histories, event), histories.item_id[event], histories.rating[event])
    return rest, of


def fit(prepared: Artifact, histories: Histories, config: RankingConfig) -> RankerTrainer:
    """A ranker that learned nothing but ratings.

    Args:
        prepared: Where the histories come from.
        histories: The events to fit.
        config: Its settings; the weights of tasks other than ratings are 0.
    """
    indices = item_sizes(prepared)[columns.ITEM_ID]
    nothing = histories.head(np.zeros_like(histories.lengths))
    memory = remembered(
        count_affinities(nothing, indices, config),
        count_ratings(histories, indices, config.neighbours, RATING_PARTS),
    )
    trainer = new_trainer(prepared, histories, memory, config)
    lists = no_lists(histories)
    easy = EasyNegatives(lists, np.zeros((indices, 1), np.float32), is_item(prepared))
    batches = TrainingBatches(histories, lists, easy, config)
    steps = batches.steps * config.epochs
    optimizer = adamw(config.learning_rate, config.weight_decay, WARMUP_STEPS, steps, CLIP_NORM)
    trainer.compile(optimizer=optimizer, jit_compile=config.jit)
    for epoch in range(1, 1 + config.epochs):
        trainer.fit(batches.epoch(epoch), steps_per_epoch=batches.steps, shuffle=False, verbose=0)
    return trainer


def no_lists(histories: Histories) -> CandidateLists:
    """One list, of one user, in which there is nothing to learn."""
    nothing = np.zeros((1, 1, 2))
    return CandidateLists(
        histories=histories,
        end=histories.offsets[1:2],
        user=np.zeros(1, np.int64),
        target=nothing[..., 0].astype(np.int64),
        target_score=nothing[..., 0].astype(np.float32),
        item_id=nothing.astype(np.int64),
        score=nothing.astype(np.float32),
        query=nothing[..., :1].astype(np.float32),
    )


def predict(
    trainer: RankerTrainer, histories: Histories, held: Held, rating_range: tuple[float, float]
) -> np.ndarray:
    """Ratings on their scale, float32 `[ratings]`, each user's from their whole history."""
    vectors = trainer.item_vectors()
    score = tf.function(trainer.score, reduce_retracing=True)
    predicted = np.empty(len(held.rating), np.float32)
    for rows, users, place, candidates in _by_user(held):
        ends = histories.offsets[1:][users]
        batch = one_owner(history_before(histories, users, ends, trainer.config.history_len))
        batch |= {
            columns.CANDIDATE_ITEM_ID: candidates[:, None],
            columns.RETRIEVAL_SCORE: np.zeros((len(users), 1, candidates.shape[1], 1), np.float32),
            RATING_TABLE: np.full((len(users), 1), ALL),
        }
        rating = score(batch, vectors, training=False)["rating"].numpy()[:, 0, :, 0]
        predicted[rows] = rating[place]
    return np.clip(predicted, *rating_range)


def of_bias(histories: Histories, held: Held, prepared: Artifact) -> np.ndarray:
    """The same by the bias model."""
    count = item_sizes(prepared)[columns.ITEM_ID]
    raw = Requests(
        item_ids=np.arange(count).astype(str).astype(object),
        user_ids=histories.users.astype(object),
        user_features={},
        indptr=histories.offsets,
        history_item=histories.item_id.astype(np.int32),
        history_rating=histories.rating,
        history_timestamp=histories.timestamp,
        target_item=np.zeros(len(histories.users), np.int32),
        target_rating=np.full(len(histories.users), np.nan, np.float32),
        target_timestamp=np.zeros(len(histories.users), np.int64),
    )
    scores = BiasModel.fit(raw).score(raw, np.arange(len(raw)))
    return np.clip(scores[held.user, held.item_id], *load_card(prepared).rating_range)


def _by_user(
    held: Held,
) -> Iterator[tuple[np.ndarray, np.ndarray, tuple[np.ndarray, np.ndarray], np.ndarray]]:
    """Some users at a time: rows of `held`, the users, where each row lies, and `[users, most]`."""
    order = np.argsort(held.user, kind="stable")
    users, first, counts = np.unique(held.user[order], return_index=True, return_counts=True)
    for start in range(0, len(users), USERS_AT_ONCE):
        part = slice(start, start + USERS_AT_ONCE)
        rows = order[first[part][0] : first[part][-1] + counts[part][-1]]
        row = np.repeat(np.arange(len(users[part])), counts[part])
        within = np.arange(len(rows)) - np.repeat(first[part] - first[part][0], counts[part])
        candidates = np.zeros((len(users[part]), counts.max()), np.int64)
        candidates[row, within] = held.item_id[rows]
        yield rows, users[part], (row, within), candidates
