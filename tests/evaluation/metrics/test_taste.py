import math

import numpy as np
import pytest
from scipy import sparse
from scipy.stats import entropy

from evaluation.metrics.taste import miscalibration, value_coverage

# Items: drama; drama and crime; crime; nothing known; war.
SHARES = sparse.csr_array(
    np.array([[1, 0, 0], [0.5, 0.5, 0], [0, 1, 0], [0, 0, 0], [0, 0, 1]], float)
)


def history(*rows):
    return sparse.csr_array(np.array(rows, float))


def test_miscalibration_by_hand():
    # The person: drama .75, crime .25. A list of crime and of nothing known: q of drama is
    # .01 * .75 = .0075, of crime .99 + .0025 = .9925.
    found = miscalibration(np.array([[2, 3]]), history([1, 1, 0, 0, 0]), SHARES)
    expected = 0.75 * math.log(0.75 / 0.0075) + 0.25 * math.log(0.25 / 0.9925)
    assert found == pytest.approx([expected])


def test_a_list_like_its_person_is_calibrated():
    lists = np.array([[1, 0], [4, -1]])
    found = miscalibration(lists, history([2, 2, 0, 0, 0], [0, 0, 0, 7, 1]), SHARES)
    assert found == pytest.approx([0, 0], abs=1e-15)


def test_where_nothing_is_known_there_is_no_calibration():
    lists = np.array([[1, 0], [3, -1], [-1, -1]])
    nothing, drama = [0, 0, 0, 1, 0], [1, 0, 0, 0, 0]
    assert np.isnan(miscalibration(lists, history(nothing, drama, drama), SHARES)).all()


def test_miscalibration_is_the_relative_entropy_of_scipy():
    rng = np.random.default_rng(4)
    hot = rng.integers(0, 2, (40, 6)) * (np.arange(40)[:, None] > 3)
    shares = hot / np.maximum(1, hot.sum(axis=1, keepdims=True))
    lists = np.array([rng.permutation(40)[:10] for _ in range(50)])
    seen = rng.integers(0, 2, (50, 40))
    person, listed = seen @ shares, shares[lists].sum(axis=1)
    person, listed = (x / x.sum(axis=1, keepdims=True) for x in (person, listed))
    expected = entropy(person, 0.99 * listed + 0.01 * person, axis=1)
    found = miscalibration(lists, sparse.csr_array(seen * 1.0), sparse.csr_array(shares))
    assert np.abs(found - expected).max() < 1e-9


def test_value_coverage_by_hand():
    # Both of drama and crime out of three; one; none, of a list whose item is not known; no list.
    lists = np.array([[1, 3], [4, -1], [3, -1], [-1, -1]])
    np.testing.assert_allclose(value_coverage(lists, SHARES), [2 / 3, 1 / 3, 0, np.nan])
    # A value that no item has is none of the catalogue's.
    wide = sparse.hstack([SHARES, sparse.csr_array((5, 2))], format="csr")
    np.testing.assert_allclose(value_coverage(lists, wide), [2 / 3, 1 / 3, 0, np.nan])
