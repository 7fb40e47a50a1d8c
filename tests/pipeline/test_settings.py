"""Settings other than the defaults, through the whole flow."""

import dataclasses

import numpy as np
import pytest

import schemas.tf_runtime  # noqa: F401  # before TensorFlow

# isort: split
import tensorflow as tf

from commands.stages import Stages
from schemas.artifacts import Artifact
from schemas.prepared import load_histories
from tests.conftest import TINY

pytestmark = pytest.mark.slow
MIN_EVENTS = 35
"""Of the planted users, who have 20 to 60 events, about a third have fewer."""


@pytest.fixture(scope="module")
def stages(tmp_path_factory: pytest.TempPathFactory, planted: Artifact) -> Stages:
    config = dataclasses.replace(
        TINY,
        prepare=dataclasses.replace(
            TINY.prepare, min_events=MIN_EVENTS, categorical_oov_buckets=0, quantile_buckets=2
        ),
        retrieval=dataclasses.replace(TINY.retrieval, epochs=1),
        ranking=dataclasses.replace(TINY.ranking, epochs=1),
    )
    stages = Stages(tmp_path_factory.mktemp("runs") / "settings", config)
    stages.prepare(planted, [])
    stages.train_retrieval()
    stages.index()
    stages.train_ranking()
    return stages


def test_users_below_min_events_are_fitted_and_not_measured(stages: Stages):
    prepared, retrieval = stages.open("prepared"), stages.open("retrieval")
    rows = prepared.figures["rows"]
    assert 0 < rows["test"] < rows["fit"] == rows["users"]
    fit, test = load_histories(prepared, "fit"), load_histories(prepared, "test")
    below = ~np.isin(fit.users, test.users)
    assert fit.lengths[below].max() < MIN_EVENTS <= fit.lengths[~below].min() + 1
    # All events but one test event for each tested user.
    fitted = retrieval.figures["fitted_events"]
    assert fitted == len(fit.item_id) == rows["accepted"] - rows["test"]
    # Their tails, too, train and validate the ranker.
    with np.load(retrieval.path / "candidates.npz") as candidates:
        assert candidates["user_id"].tolist() == fit.users.tolist()
        assert (candidates["position"][below, -1] == fit.lengths[below] - 1).all()


@pytest.mark.parametrize("stage", ["retrieval", "ranking"])
def test_without_oov_buckets_an_unknown_value_is_a_missing_one(stages: Stages, stage: str):
    encode = tf.saved_model.load(str(stages.open(stage).path / "model")).signatures["encode_items"]
    vectors = encode(
        item_id=tf.constant(["1", "1", "1"]),
        genres=tf.constant([["no such genre"], [""], ["Drama"]]),
        year=tf.constant([1950.0] * 3),
    )["item_vector"].numpy()
    np.testing.assert_array_equal(vectors[0], vectors[1])
    assert np.isfinite(vectors).all()
    assert (vectors[0] != vectors[2]).any()


def test_what_was_trained_is_evaluated(stages: Stages):
    metrics = stages.evaluate().figures
    assert metrics["retrieval"]["hr@200"] == 1.0  # all 150 items are retrieved
    assert metrics["rating"]["rmse"] > 0
