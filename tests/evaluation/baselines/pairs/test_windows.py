"""Windows and pairs of them, worked by hand from `build.EVENTS`."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

import schemas.tf_runtime  # noqa: F401  # before TensorFlow

# isort: split
import tensorflow as tf

from evaluation.baselines.pairs.vocabulary import Vocabulary
from evaluation.baselines.pairs.windows import newest_window, paired_windows, window_events
from evaluation.requests import read_requests
from schemas.artifacts import Artifact
from schemas.prepared import load_examples
from tests.evaluation.build import make_requests

NAN = float("nan")


def film_numbers(prepared: Artifact) -> np.ndarray:
    """The film of each vocabulary index, 0 for padding."""
    items = Vocabulary(prepared).items
    numbers = np.zeros(items.max() + 1, np.int64)
    numbers[items] = [1, 10, 2, 3, 4, 5, 6, 7, 8, 9]  # the catalogue, sorted as strings
    return numbers


def test_pairs_of_windows_by_hand(by_hand: Artifact) -> None:
    # Windows of 4, a step of 2, the last event being the target. Of `fit`:
    # user 1 (films 1 to 8): 1 2 3 > 4, 3 4 5 > 6, 5 6 7 > 8; user 2: - 5 6 > 4;
    # user 3 (1 2 3 6 5 8): 1 2 3 > 6, 3 6 5 > 8. User 3's film 4 is held out and pairs with nobody.
    data = paired_windows(by_hand, "fit", per_item=10, seed=1)
    film = film_numbers(by_hand)
    target = film[data.inputs["target_item_id"]]
    found = {
        at: (user.tolist(), history.tolist(), rating)
        for at, user, history, rating in zip(
            target.tolist(),
            data.user_id,
            film[data.inputs["history_item_id"]],
            data.rating.tolist(),
            strict=True,
        )
    }
    assert len(target) == 3
    assert found == {
        4: ([b"1", b"2"], [[1, 2, 3], [0, 5, 6]], 3.0),  # (2 + 4) / 2
        6: ([b"1", b"3"], [[3, 4, 5], [1, 2, 3]], 4.5),  # (5 + 4) / 2
        8: ([b"1", b"3"], [[5, 6, 7], [3, 6, 5]], 2.0),  # (3 + 1) / 2
    }
    four = target.tolist().index(4)
    np.testing.assert_array_equal(data.inputs["history_rating"][four], [[5, 4, 3], [NAN, 2, 3]])
    # Two different age groups, one sex, one occupation.
    assert len(set(data.inputs["age"][four])) == 2
    assert len(set(data.inputs["gender"][four])) == len(set(data.inputs["occupation"][four])) == 1


def test_pairs_are_drawn_by_seed_up_to_the_limit(signal: Artifact) -> None:
    everything = paired_windows(signal, "fit", per_item=100_000, seed=1)
    few, again, other = (paired_windows(signal, "fit", per_item=3, seed=s) for s in (1, 1, 2))
    target = everything.inputs["target_item_id"]
    there = np.bincount(target)
    assert there.max() > 3
    taken = np.bincount(few.inputs["target_item_id"], minlength=len(there))
    assert taken.tolist() == np.minimum(there, 3).tolist()
    np.testing.assert_array_equal(few.user_id, again.user_id)
    assert not np.array_equal(few.user_id, other.user_id)


def test_the_window_of_a_request_is_its_newest_events(by_hand: Artifact) -> None:
    requests = make_requests([[0, 1, 2, 3], [2], []], [4, 4, 4], 5, ratings=[[1, 2, 3, 4], [5], []])
    window = newest_window(requests, np.array([[0, 1], [2, 0]]), np.arange(5) + 10, events=3)
    assert window["history_item_id"].tolist() == [
        [[11, 12, 13], [0, 0, 12]],
        [[0, 0, 0], [11, 12, 13]],
    ]
    np.testing.assert_array_equal(
        window["history_rating"],
        [[[2, 3, 4], [NAN, NAN, 5]], [[NAN, NAN, NAN], [2, 3, 4]]],
    )
    assert window_events(by_hand) == 3


def test_a_request_s_window_is_its_prepared_example(signal: Artifact) -> None:
    # What is asked of the model later has the form of what it was fitted on.
    requests, vocabulary = read_requests(signal.path, "test"), Vocabulary(signal)
    mine = newest_window(requests, requests.rows, vocabulary.items, 3)
    mine |= vocabulary.users(requests, requests.rows)
    target = vocabulary.items[requests.target_item]
    order = np.lexsort([target, requests.user_ids.astype(str)])
    ints = ("gender", "age", "occupation", "target_item_id")
    features = {name: tf.io.FixedLenFeature([], tf.int64) for name in ints} | {
        "user_id": tf.io.FixedLenFeature([], tf.string),
        "history_item_id": tf.io.FixedLenFeature([3], tf.int64),
        "history_rating": tf.io.FixedLenFeature([3], tf.float32),
    }
    examples = load_examples(
        signal, "sliding_windows", "test", features, ("user_id", "target_item_id")
    )
    assert len(examples["user_id"]) == len(requests) > 100
    np.testing.assert_array_equal(examples["target_item_id"], target[order])
    for name, values in mine.items():
        np.testing.assert_array_equal(examples[name], values[order], name)


def with_setting(prepared: Artifact, **settings: object) -> Artifact:
    config = prepared.manifest["config"] | settings
    return dataclasses.replace(prepared, manifest=prepared.manifest | {"config": config})


def test_what_was_prepared_otherwise_is_refused(by_hand: Artifact) -> None:
    with pytest.raises(ValueError, match=r"prepare.tasks: expected 'sliding_windows' among them"):
        paired_windows(with_setting(by_hand, tasks=["pairs"]), "fit", 10, 1)
    with pytest.raises(ValueError, match=r"prepare.task_label: expected 'explicit', got 'impl"):
        paired_windows(with_setting(by_hand, task_label="implicit"), "fit", 10, 1)
    # Of `test` there are windows of films 9, 10 and 4, none twice.
    with pytest.raises(ValueError, match="expected two windows with one target"):
        paired_windows(by_hand, "test", 10, 1)
