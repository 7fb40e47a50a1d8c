import numpy as np
import pytest
from scipy import stats

from evaluation import resampling
from evaluation.resampling import (
    ByUser,
    bootstrap_intervals,
    by_user,
    holm,
    randomisation_test,
)


def of_users(values):
    values = np.array(values, float)
    return ByUser(values[:, None], np.ones(len(values), np.int64))


def test_values_are_summed_by_user():
    values = np.array([[1.0, 10], [2, 20], [4, 40]])
    found = by_user(values, np.array(["a", "a", "b"], object))
    assert found.total.tolist() == [[3, 30], [4, 40]]
    assert found.lists.tolist() == [2, 1]
    assert found.mean == pytest.approx([7 / 3, 70 / 3])


def test_an_interval_is_that_of_scipy():
    values = np.random.default_rng(5).random(300) ** 3
    found = bootstrap_intervals(of_users(values), 4_000, seed=1)[:, 0]
    expected = stats.bootstrap(
        (values,), np.mean, n_resamples=4_000, method="percentile", rng=2
    ).confidence_interval
    width = expected.high - expected.low
    assert found == pytest.approx([expected.low, expected.high], abs=0.06 * width)


def test_lists_of_one_user_are_drawn_together():
    # 20 users with 50 equal lists each know no more than 20 users with one list.
    values = np.random.default_rng(5).random(20)
    users = np.array([f"u{n:02}" for n in range(20)], object)
    once = bootstrap_intervals(by_user(values[:, None], users), 1_000, seed=1)
    often = by_user(np.repeat(values, 50)[:, None], np.repeat(users, 50))
    np.testing.assert_allclose(bootstrap_intervals(often, 1_000, seed=1), once)


def test_users_with_more_lists_weigh_more():
    # Nine lists of 1 and one of 0: the mean is .9, not the .5 of the users.
    users = np.array(["a"] * 9 + ["b"], object)
    found = by_user(np.array([[1.0]] * 9 + [[0.0]]), users)
    assert found.mean[0] == pytest.approx(0.9)
    assert bootstrap_intervals(found, 200, seed=1)[:, 0].tolist() == [0, 1]


def test_small_blocks_and_the_seed(monkeypatch):
    values = of_users(np.random.default_rng(5).random(30))
    whole = bootstrap_intervals(values, 100, seed=1)
    np.testing.assert_array_equal(bootstrap_intervals(values, 100, seed=1), whole)
    assert (bootstrap_intervals(values, 100, seed=2) != whole).all()
    p = randomisation_test(values, 100, seed=1)
    monkeypatch.setattr(resampling, "CELLS", 70)
    np.testing.assert_allclose(bootstrap_intervals(values, 100, seed=1), whole)
    np.testing.assert_array_equal(randomisation_test(values, 100, seed=1), p)


def test_the_test_by_hand():
    # Four users, each better by 1: of 16 equally likely signs two are as extreme, so p is 1 / 8.
    p = randomisation_test(of_users([1, 1, 1, 1]), 20_000, seed=1)
    assert p == pytest.approx(2 / 16, abs=0.01)
    # No difference at all: every sign is as extreme.
    assert randomisation_test(of_users([0, 0, 0]), 100, seed=1) == 1


def test_the_test_is_that_of_scipy():
    difference = np.random.default_rng(5).normal(0.1, 0.8, 200)
    found = randomisation_test(of_users(difference), 20_000, seed=1)[0]
    expected = stats.permutation_test(
        (difference,), np.mean, permutation_type="samples", n_resamples=20_000, rng=1
    ).pvalue
    assert 0.01 < expected < 0.5
    assert found == pytest.approx(expected, abs=0.015)


def test_the_least_p_is_not_zero():
    assert randomisation_test(of_users(np.ones(60)), 99, seed=1) == 0.01


def test_holm_by_hand():
    # In order .01, .02, .03, .4: times 4, 3, 2 and 1; .06 of the third is no less than .06.
    found = holm(np.array([0.03, 0.01, 0.4, 0.02]))
    np.testing.assert_allclose(found, [0.06, 0.04, 0.4, 0.06])
    # None above 1, and none below a smaller one's.
    np.testing.assert_allclose(holm(np.array([0.5, 0.6, 0.021, 0.02])), [1, 1, 0.08, 0.08][:4])
    assert holm(np.array([])).tolist() == []
