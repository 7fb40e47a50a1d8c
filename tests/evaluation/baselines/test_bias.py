import numpy as np
import pytest

from evaluation.baselines.bias import BiasModel
from tests.evaluation.build import make_requests

# Ratings 5 (u0, item 0), 3 (u0, item 1), 1 (u1, item 1): mean 3. With both dampings 1:
# b_0 = 2 / (1 + 1) = 1, b_1 = (0 - 2) / (2 + 1) = -2/3.
# b_u0 = ((5 - 3 - 1) + (3 - 3 + 2/3)) / (2 + 1) = 5/9, b_u1 = (1 - 3 + 2/3) / (1 + 1) = -2/3.
REQUESTS = make_requests([[0, 1], [1], []], [2, 0, 1], items=3, ratings=[[5, 3], [1], []])


def test_biases_by_hand():
    bias = BiasModel.fit(REQUESTS, user_damping=1.0, item_damping=1.0)
    assert bias.mean == 3
    np.testing.assert_allclose(bias.item_bias, [1, -2 / 3, 0])
    # u0 has target 2, u1 has target 0, u2, of whom nothing is known, has target 1.
    np.testing.assert_allclose(
        bias.predict(REQUESTS, REQUESTS.rows), [3 + 5 / 9, 3 - 2 / 3 + 1, 3 - 2 / 3], rtol=1e-6
    )


def test_predictions_are_the_scores_of_the_targets():
    bias = BiasModel.fit(REQUESTS)
    scores = bias.score(REQUESTS, REQUESTS.rows)
    np.testing.assert_array_equal(
        bias.predict(REQUESTS, REQUESTS.rows), scores[REQUESTS.rows, REQUESTS.target_item]
    )


def test_events_without_a_rating_change_nothing():
    nan = float("nan")
    more = make_requests(
        [[0, 2, 1], [1, 0], [2]],
        [2, 0, 1],
        items=3,
        ratings=[[5, nan, 3], [1, nan], [nan]],
    )
    np.testing.assert_array_equal(
        BiasModel.fit(more).score(more, more.rows),
        BiasModel.fit(REQUESTS).score(REQUESTS, REQUESTS.rows),
    )


def test_no_rating_is_an_error():
    with pytest.raises(ValueError, match="history_rating: expected at least one rating, got none"):
        BiasModel.fit(make_requests([[0, 1]], [2], items=3))


def test_damping_must_be_positive():
    with pytest.raises(ValueError, match=r"expected both above 0, got 0.0 and 5.0"):
        BiasModel.fit(REQUESTS, user_damping=0.0)
