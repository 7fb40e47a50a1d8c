"""What training may not know is turned into other items and ratings, and training stays the same.

The newest event of a user is validated on: nothing may be fitted on it. The other events that
retrieval held back have the lists that are trained on: what is remembered of pairs of items may not
know them, since it does not know those of a request.
"""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import numpy as np
import pytest

import ranking.train
from ranking.item_memory import remember
from ranking.known_ratings import ALL
from ranking.samples import load_candidate_lists, without_validated
from ranking.trainer import RankerTrainer
from schemas import columns
from schemas.artifacts import Artifact
from schemas.config import RankingConfig
from schemas.histories import Histories
from schemas.prepared import item_sizes, load_histories
from tests.ranking.turned import with_events_turned

CONFIG = RankingConfig(
    embedding_dim=16,
    history_len=20,
    attention_len=12,
    blocks=1,
    epochs=1,
    hidden=(8,),
    negatives=10,
    easy_negatives=2,
    batch_size=64,
)
AFFINITIES = ("affinity_neighbour", "affinity_strength")
RATINGS = ("rating_neighbour", "rating_alike", "rating_total", "rating_count")


class Trained(NamedTuple):
    """What `train` leaves.

    Attributes:
        weights: Of the ranker that would be exported.
        memory: What the ranker was trained with.
        exported: What is remembered in the export.
    """

    weights: list[np.ndarray]
    memory: dict[str, np.ndarray]
    exported: dict[str, np.ndarray]


class Events(NamedTuple):
    """Of the prepared users.

    Attributes:
        everything: What `train` reads.
        before: `[users]` int, how many of them come before what retrieval held back.
        fitted: `[users]` int, how many of them may be fitted.
    """

    everything: Histories
    before: np.ndarray
    fitted: np.ndarray


def train(prepared: Artifact, retrieval: Artifact, directory: Path) -> Trained:
    found = []

    def export(trainer: RankerTrainer, memory: dict[str, np.ndarray], *_: object) -> None:
        known = {name: np.asarray(values) for name, values in trainer.memory.values.items()}
        found.append(Trained(trainer.ranker.get_weights(), known, memory))

    directory.mkdir(parents=True)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ranking.train, "export", export)
        ranking.train.train(prepared, retrieval, CONFIG, directory, lambda *_: None)
    return found[0]


@pytest.fixture(scope="module")
def events(prepared: Artifact, retrieval: Artifact) -> Events:
    everything = load_histories(prepared, "fit")
    path = retrieval.path / "candidates.npz"
    _, held, before = load_candidate_lists(path, everything, CONFIG.attention_len)
    fitted = without_validated(everything, held)
    # Every user's newest event is validated on, and others before it have lists.
    assert (fitted.lengths == everything.lengths - 1).all()
    assert (before.lengths < fitted.lengths).all()
    return Events(everything, before.lengths, fitted.lengths)


@pytest.fixture(scope="module")
def trained(
    prepared: Artifact, retrieval: Artifact, tmp_path_factory: pytest.TempPathFactory
) -> Trained:
    """On the events as they are."""
    return train(prepared, retrieval, tmp_path_factory.mktemp("as_it_is") / "run" / ".ranking.v.1")


def test_events_validated_on_change_nothing_that_is_trained(
    prepared: Artifact, retrieval: Artifact, events: Events, trained: Trained, tmp_path: Path
) -> None:
    everything, _, fitted = events
    turned = with_events_turned(prepared, fitted, everything.lengths, tmp_path / "turned")
    changed = load_histories(turned, "fit")
    assert np.flatnonzero(changed.item_id != everything.item_id).tolist() == [
        *(everything.offsets[1:] - 1)
    ]
    found = train(turned, retrieval, tmp_path / "run" / ".ranking.v.1")
    for name in (*AFFINITIES, *RATINGS):
        np.testing.assert_array_equal(found.memory[name], trained.memory[name], name)
        assert (found.exported[name] != trained.exported[name]).any(), name
    for got, wanted in zip(found.weights, trained.weights, strict=True):
        np.testing.assert_allclose(got, wanted, atol=1e-5)


def test_affinities_trained_with_know_no_event_that_has_a_list(
    prepared: Artifact, retrieval: Artifact, events: Events, trained: Trained, tmp_path: Path
) -> None:
    turned = with_events_turned(prepared, events.before, events.fitted, tmp_path / "turned")
    found = train(turned, retrieval, tmp_path / "run" / ".ranking.v.1")
    for name in AFFINITIES:
        np.testing.assert_array_equal(found.memory[name], trained.memory[name], name)
    # The ratings of these events are known to the others' tables, and are fitted.
    for name in RATINGS:
        assert (found.memory[name] != trained.memory[name]).any(), name
    for name in (*AFFINITIES, *RATINGS):
        assert (found.exported[name] != trained.exported[name]).any(), name


def test_what_is_exported_is_counted_over_everything(
    prepared: Artifact, events: Events, trained: Trained
) -> None:
    indices = item_sizes(prepared)[columns.ITEM_ID]
    wanted = remember(events.everything, indices, CONFIG)
    assert trained.exported.keys() == wanted.keys()
    for name, values in wanted.items():
        np.testing.assert_array_equal(trained.exported[name], values, name)
    # Every planted event is rated. The export counts all of them, training leaves out one of each
    # of the 120 users.
    count = trained.memory["rating_count"].reshape(-1, indices)[ALL].sum()
    assert trained.exported["rating_count"].sum() == len(events.everything.item_id)
    assert count == len(events.everything.item_id) - 120
