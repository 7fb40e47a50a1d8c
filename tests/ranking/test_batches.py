"""What the ranker is trained on, and what it is not."""

import dataclasses
from pathlib import Path

import numpy as np
import pytest

from ranking.affinities import count_affinities
from ranking.batches import RATING_PARTS, TrainingBatches
from ranking.easy_negatives import EasyNegatives
from ranking.item_memory import remembered
from ranking.known_ratings import ALL, count_ratings, part_of
from ranking.samples import CandidateLists, load_candidate_lists, without_validated
from ranking.train import Validator, new_trainer
from schemas import columns
from schemas.artifacts import Artifact
from schemas.config import RankingConfig
from schemas.histories import Histories
from schemas.prepared import is_item, item_sizes, load_histories
from tests.conftest import TINY

TAIL, ITEMS = 3, 30
EVENTS = (12, 9, 2, 7, 1, 11)
HELD_BACK = (3, 2, 0, 1, 0, 3)
"""Users 0, 1 and 5 have two held-back events, one to train on and one to validate."""
VALIDATED = {(0, 11), (1, 8), (5, 10)}
"""User and position of each event validated on."""
LISTED = {(0, 9), (0, 10), (1, 7), (5, 8), (5, 9)}
"""The same of the held-back events that are trained on."""
CONFIG = RankingConfig(batch_size=4, history_len=8, attention_len=5, pair_batch_size=8, negatives=4)


@pytest.fixture
def everything() -> Histories:
    """Every event can be told by its time alone, and by its user and item."""
    rng = np.random.default_rng(3)
    count = sum(EVENTS)
    return Histories(
        users=np.array(["a", "b", "c", "d", "e", "f"]),
        offsets=np.concatenate([[0], np.cumsum(EVENTS)]),
        item_id=np.concatenate([1 + rng.permutation(ITEMS)[:events] for events in EVENTS]),
        rating=np.linspace(1.0, 5.0, count, dtype=np.float32),
        timestamp=np.arange(1, count + 1),
        user_features={"user": np.arange(len(EVENTS))},
    )


def write_candidates(everything: Histories, path: Path) -> None:
    """Retrieval returned the whole catalogue at each held-back event."""
    held = np.array(HELD_BACK)[:, None]
    back = np.arange(TAIL, 0, -1)
    position = np.where(back <= held, everything.lengths[:, None] - back, -1)
    event = np.where(position >= 0, everything.offsets[:-1, None] + position, 0)
    shape = (*position.shape, ITEMS)
    np.savez(
        path,
        user_id=everything.users,
        position=position,
        item_id=np.broadcast_to(np.arange(1, ITEMS + 1), shape) * (position >= 0)[..., None],
        score=np.ones(shape, np.float32),
        target_item_id=np.where(position >= 0, everything.item_id[event], 0),
        target_score=np.ones(position.shape, np.float32),
        query_vector=np.ones((*position.shape, 1), np.float32),
    )


def easy_of(lists: CandidateLists) -> EasyNegatives:
    """Item n has the vector n."""
    vectors = np.arange(1 + ITEMS, dtype=np.float32)[:, None]
    return EasyNegatives(lists, vectors, np.arange(1 + ITEMS) > 0)


def events(everything: Histories, at: set[tuple[int, int]]) -> np.ndarray:
    return np.array([everything.offsets[user] + position for user, position in sorted(at)])


def test_no_batch_holds_an_event_that_is_validated_on(everything: Histories, tmp_path: Path):
    write_candidates(everything, tmp_path / "candidates.npz")
    lists, held, before = load_candidate_lists(tmp_path / "candidates.npz", everything, 5)
    validated = events(everything, VALIDATED)
    assert held.end.tolist() == validated.tolist()
    held_back = events(everything, VALIDATED | LISTED | {(3, 6)})  # user 3 has one alone
    assert set(everything.timestamp) - set(before.timestamp) == set(everything.timestamp[held_back])

    batches = TrainingBatches(without_validated(everything, held), lists, easy_of(lists), CONFIG)
    times, ratings, watched = set(), set(), set()
    for number in (1, 2, 3):
        for kinds, _ in batches.epoch(number):
            for batch in kinds.values():
                times |= set(batch["history_timestamp"].ravel().tolist())
                ratings |= set(batch["history_rating"].ravel().tolist())
            for kind in ("singles", "pairs"):
                ratings |= set(kinds[kind]["label"].ravel().tolist())
            users, targets = kinds["lists"]["user"], kinds["lists"]["candidate_item_id"][..., 0]
            watched |= {
                (int(user), int(item))
                for user, items in zip(users[:, 0], targets, strict=True)
                for item in items[items > 0]
            }
    assert not times & set(everything.timestamp[validated].tolist())
    assert not ratings & set(everything.rating[validated].tolist())
    listed = everything.item_id[events(everything, LISTED)].tolist()
    users = [user for user, _ in sorted(LISTED)]
    assert watched == set(zip(users, listed, strict=True))
    # And nothing else is left out: every other event is a label.
    assert set(np.delete(everything.rating, validated).tolist()) <= ratings


def test_an_epoch_is_the_same_each_time_and_begins_at_any_step(
    everything: Histories, tmp_path: Path
):
    write_candidates(everything, tmp_path / "candidates.npz")
    lists, held, _ = load_candidate_lists(tmp_path / "candidates.npz", everything, 5)
    config = dataclasses.replace(CONFIG, batch_size=2)
    fitted = without_validated(everything, held)
    batches = TrainingBatches(fitted, lists, easy_of(lists), config)
    whole, rest = list(batches.epoch(2)), list(batches.epoch(2, first_step=1))
    assert len(whole) == batches.steps > 1
    assert len(rest) == batches.steps - 1
    for (one, _), (other, _) in zip(whole[1:], rest, strict=True):
        for kind, batch in one.items():
            for name, values in batch.items():
                np.testing.assert_array_equal(values, other[kind][name])
    another = next(batches.epoch(3))[0]
    name = "history_timestamp"
    assert (whole[0][0]["singles"][name] != another["singles"][name]).any()


def test_a_list_ends_with_easy_negatives(everything: Histories, tmp_path: Path):
    write_candidates(everything, tmp_path / "candidates.npz")
    lists, held, _ = load_candidate_lists(tmp_path / "candidates.npz", everything, 5)
    config = RankingConfig(
        batch_size=4,
        history_len=8,
        attention_len=5,
        pair_batch_size=8,
        negatives=4,
        easy_negatives=7,
    )
    fitted = without_validated(everything, held)
    kinds, _ = next(TrainingBatches(fitted, lists, easy_of(lists), config).epoch(1))
    items = kinds["lists"]["candidate_item_id"][..., 1 + 4 :]
    assert items.shape[-1] == 7
    scores = kinds["lists"]["retrieval_score"][..., 1 + 4 :, 0]
    np.testing.assert_array_equal(scores[items > 0], items[items > 0])


def test_nobody_reads_their_own_ratings_of_what_is_asked_for(everything: Histories, tmp_path: Path):
    write_candidates(everything, tmp_path / "candidates.npz")
    lists, held, _ = load_candidate_lists(tmp_path / "candidates.npz", everything, 5)
    fitted = without_validated(everything, held)
    kinds, _ = next(TrainingBatches(fitted, lists, easy_of(lists), CONFIG).epoch(1))
    for kind in ("singles", "pairs"):
        table = kinds[kind]["rating_table"]
        np.testing.assert_array_equal(table, part_of(kinds[kind]["user"], RATING_PARTS))
        assert (table == table[:, :1]).all()
    assert kinds["pairs"]["rating_table"].shape == (8, 2)
    # Lists ask for no rating, and what is validated on was not counted.
    assert (kinds["lists"]["rating_table"] == ALL).all()


@pytest.mark.parametrize("rated", ["nothing", "no item twice"])
def test_ranker_is_trained_without_pairs(prepared: Artifact, retrieval: Artifact, rated: str):
    histories = load_histories(prepared, "fit")
    rating = np.full_like(histories.rating, np.nan)
    if rated == "no item twice":
        _, first = np.unique(histories.item_id, return_index=True)
        rating[first] = histories.rating[first]
    histories = dataclasses.replace(histories, rating=rating)
    lists, held, _ = load_candidate_lists(retrieval.path / "candidates.npz", histories, 20)
    config = dataclasses.replace(TINY.ranking, batch_size=64)
    indices = item_sizes(prepared)[columns.ITEM_ID]
    fitted = without_validated(histories, held)
    vectors = np.load(retrieval.path / "candidate_vectors.npy")
    easy = EasyNegatives(lists, vectors, is_item(prepared))
    batches = TrainingBatches(fitted, lists, easy, config)
    first, _ = next(batches.epoch(1))
    assert np.isnan(first["pairs"]["label"]).all()

    nothing = count_affinities(histories.head(histories.lengths * 0), indices, config)
    ratings = count_ratings(fitted, indices, config.neighbours, RATING_PARTS)
    memory = remembered(nothing, ratings)
    trainer = new_trainer(prepared, histories, memory, config)
    trainer.compile(optimizer="adam")
    losses = trainer.fit(
        batches.epoch(1), steps_per_epoch=batches.steps, shuffle=False, verbose=0
    ).history
    assert losses["pair_loss"] == [0.0]
    assert losses["watch_next_loss"][0] > 0
    assert (losses["rating_loss"][0] > 0) == (rated == "no item twice")
    assert np.isfinite(losses["loss"]).all()
    figures = Validator(trainer, held, config.history_len).figures()
    assert 0 <= figures["validation_ndcg@10"] <= 1
    some_rated = np.isfinite(histories.rating[held.end]).any()
    assert ("validation_rmse" in figures) == some_rated
