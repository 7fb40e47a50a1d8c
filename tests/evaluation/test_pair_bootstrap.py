import numpy as np

from evaluation.pair_bootstrap import interval, resampled_rmse


def test_a_pair_counts_as_often_as_both_people_are_drawn():
    # With two people the pair is drawn unless one of them fills both places.
    draws = resampled_rmse(np.array([[4.0, 9.0]]), np.array([0]), np.array([1]), 2_000, seed=1)
    drawn = ~np.isnan(draws[:, 0])
    assert abs(drawn.mean() - 0.5) < 0.05
    np.testing.assert_allclose(draws[drawn], [[2.0, 3.0]] * drawn.sum())
    assert interval(draws[:, 1]) == (3.0, 3.0)


def test_weights_by_hand():
    rng = np.random.default_rng(3)
    left, right = np.triu_indices(6, 1)
    squared = rng.random((len(left), 2))
    found = resampled_rmse(squared, left, right, 3, seed=7)
    times = np.random.default_rng(7).multinomial(6, [1 / 6] * 6, size=3)
    for draw, of in zip(found, times, strict=True):
        pairs = [(e, of[a] * of[b]) for e, a, b in zip(squared, left, right, strict=True)]
        total = sum(e * weight for e, weight in pairs)
        np.testing.assert_allclose(draw, np.sqrt(total / sum(weight for _, weight in pairs)))


def test_people_in_many_pairs_make_the_interval_wider_than_pairs_alone_would():
    # Half of 40 people are hard to predict: pairs drawn on their own would not show it.
    left, right = np.triu_indices(40, 1)
    hard = np.arange(40) < 20
    squared = 1.0 + hard[left] + hard[right]
    low, high = interval(resampled_rmse(squared[:, None], left, right, 500, seed=1)[:, 0])
    alone = np.sqrt(np.random.default_rng(1).choice(squared, (500, len(squared))).mean(axis=1))
    of_pairs = np.quantile(alone, [0.025, 0.975])
    assert low < np.sqrt(squared.mean()) < high
    assert high - low > 2 * (of_pairs[1] - of_pairs[0])


def test_blocks_give_the_draws_of_one_seed(monkeypatch):
    left, right = np.triu_indices(8, 1)
    squared = np.random.default_rng(0).random((len(left), 1))
    whole = resampled_rmse(squared, left, right, 20, seed=2)
    monkeypatch.setattr("evaluation.pair_bootstrap.CELLS", 3 * len(left))
    again = resampled_rmse(squared, left, right, 20, seed=2)
    np.testing.assert_allclose(again, whole, rtol=1e-12)
