"""Starts a Spark of its own, which takes some seconds."""

import shutil

import numpy as np
import pytest

from tests.evaluation.build import make_requests, random_requests

pytest.importorskip("pyspark", reason="needs the extra 'spark'")
if shutil.which("java") is None:
    pytest.skip("needs Java 17", allow_module_level=True)

from evaluation.baselines.spark_als import SparkAls

pytestmark = pytest.mark.slow
# Two camps; each member has watched all items of the camp but one, and nobody item 8.
CAMPS = [[n for n in camp if n != gap] for camp in ([0, 1, 2, 3], [4, 5, 6, 7]) for gap in camp]
FITTED = make_requests(CAMPS, [0] * 8, items=9)


@pytest.fixture(scope="module")
def als():
    return SparkAls.fit(FITTED, seed=1, factors=2, regularisation=0.01)


def test_items_watched_together_are_recommended_together(als):
    asked = make_requests([[0, 1], [4, 5], []], [2, 6, 0], items=9)
    scores = als.score(asked, asked.rows)
    assert scores[0, [2, 3]].min() > scores[0, 4:].max() + 0.3
    assert scores[1, [6, 7]].min() > scores[1, :4].max() + 0.3
    np.testing.assert_array_equal(scores[2], np.zeros(9))
    np.testing.assert_array_equal(scores[:, 8], np.zeros(3))


def test_factors_of_a_history_are_those_that_spark_finds(als, monkeypatch):
    # Spark solves the people last, from the items that it returns.
    from pyspark.ml.recommendation import ALS

    kept = {}
    fit = ALS.fit

    def fit_and_keep(self, data):
        model = fit(self, data)
        for row in model.userFactors.collect():
            kept[row["id"]] = row["features"]
        return model

    monkeypatch.setattr(ALS, "fit", fit_and_keep)
    again = SparkAls.fit(FITTED, seed=1, factors=2, regularisation=0.01)
    np.testing.assert_array_equal(again.item_factors, als.item_factors)
    theirs = np.array([kept[row] for row in range(8)])
    np.testing.assert_allclose(als.users(FITTED, FITTED.rows), theirs, atol=1e-4)


def test_batches_and_unknown_people_change_nothing(als):
    requests = random_requests(users=5, items=9, events=6, seed=1)
    three = als.score(requests, np.array([4, 0, 4]))
    np.testing.assert_array_equal(three[1:2], als.score(requests, np.array([0])))
    np.testing.assert_array_equal(three[0], three[2])
    requests.user_ids[:] = "nobody"
    np.testing.assert_array_equal(three, als.score(requests, np.array([4, 0, 4])))
