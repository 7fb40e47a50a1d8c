import numpy as np
import pytest

from evaluation.baselines.bias import BiasModel
from evaluation.baselines.matrix_factorisation import DAMPING, MatrixFactorisation
from tests.evaluation.build import make_requests, random_requests


def planted(users, items, seed):
    """Everybody likes the even or the odd items, and every second person rates a bit higher."""
    rng = np.random.default_rng(seed)
    drawn = [rng.permutation(items)[: items // 2 + 1].tolist() for _ in range(users)]
    rate = lambda u, i: 3 + (1 if (u // 2 + i) % 2 else -1) + 0.5 * (u % 2)  # noqa: E731
    return make_requests(
        histories=[own[:-1] for own in drawn],
        targets=[own[-1] for own in drawn],
        items=items,
        ratings=[[rate(u, i) for i in own[:-1]] for u, own in enumerate(drawn)],
        target_ratings=[rate(u, own[-1]) for u, own in enumerate(drawn)],
    )


def test_what_depends_on_both_the_person_and_the_item_is_found():
    requests = planted(users=40, items=30, seed=1)
    model = MatrixFactorisation.fit(requests, factors=2, regularisation=0.01)
    error = model.predict(requests, requests.rows) - requests.target_rating
    assert np.abs(error).max() < 0.2
    bias = BiasModel.fit(requests).predict(requests, requests.rows) - requests.target_rating
    assert np.abs(bias).mean() > 0.8


def test_a_person_is_the_ridge_regression_of_their_ratings():
    requests = random_requests(users=20, items=15, events=9, seed=4)
    model = MatrixFactorisation.fit(requests, factors=2, regularisation=0.3)
    scores = model.score(requests, requests.rows)
    for row in requests.rows:
        events = requests.events(np.array([row]))
        x = np.column_stack([np.ones(len(events.item)), model.item_factors[events.item]])
        y = events.rating - model.mean - model.item_bias[events.item]
        weight = 0.3 * max(len(y), DAMPING)
        user = np.linalg.solve(x.T @ x + weight * np.eye(3), x.T @ y)
        expected = model.mean + model.item_bias + user[0] + model.item_factors @ user[1:]
        np.testing.assert_allclose(scores[row], expected, rtol=1e-5)


def test_biases_by_hand_without_factors():
    # One rating of 5 and one of 3 of item 0: mean 4. With 0 factors and items solved last, the
    # weight of the regularisation is 0.2 * 5 = 1 for everybody. Users first: (1, -1) / (1 + 1).
    # Item 0 then: ((1 - 0.5) + (-1 + 0.5)) / (2 + 1) = 0.
    requests = make_requests([[0], [0]], [1, 1], items=2, ratings=[[5], [3]])
    model = MatrixFactorisation.fit(requests, factors=0, regularisation=0.2, iterations=3)
    np.testing.assert_allclose(model.score(requests, requests.rows), [[4.5] * 2, [3.5] * 2])


def test_predictions_are_the_scores_of_the_targets():
    requests = random_requests(users=20, items=15, events=9, seed=4)
    model = MatrixFactorisation.fit(requests)
    scores = model.score(requests, requests.rows)
    np.testing.assert_allclose(
        model.predict(requests, requests.rows),
        scores[requests.rows, requests.target_item],
        rtol=1e-6,
    )


def test_events_without_a_rating_change_nothing():
    rated = make_requests([[0, 1], [1]], [2, 0], items=3, ratings=[[5, 3], [1]])
    nan = float("nan")
    more = make_requests([[0, 2, 1], [1, 0]], [2, 0], items=3, ratings=[[5, nan, 3], [1, nan]])
    np.testing.assert_array_equal(
        MatrixFactorisation.fit(more).score(more, more.rows),
        MatrixFactorisation.fit(rated).score(rated, rated.rows),
    )


def test_no_rating_is_an_error():
    with pytest.raises(ValueError, match="history_rating: expected at least one rating, got none"):
        MatrixFactorisation.fit(make_requests([[0, 1]], [2], items=3))
