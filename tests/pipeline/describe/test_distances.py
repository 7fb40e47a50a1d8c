from functools import partial

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.spatial.distance import jensenshannon

from pipeline.describe.distances import by_chance, jensen_shannon

COUNTS = st.lists(st.integers(0, 1_000), min_size=4, max_size=4).filter(any).map(np.array)


def test_worked_by_hand():
    # p = 1/2 1/3 1/6 0, q = 0 0 1/2 1/2, half of both 1/4 1/6 1/3 1/4:
    # 1/2 lb 2 + 1/3 lb 2 + 1/6 lb 1/2 = 2/3; 1/2 lb 3/2 + 1/2 lb 2 = .792481; root of their mean.
    found = jensen_shannon(np.array([3, 2, 1, 0]), np.array([0, 0, 1, 1]))
    assert found == pytest.approx(0.854151, abs=1e-6)


@given(COUNTS, COUNTS)
def test_as_scipy_has_it(left, right):
    expected = jensenshannon(left, right, base=2)
    assert jensen_shannon(left, right) == pytest.approx(expected, abs=1e-6)


def test_ends():
    assert jensen_shannon(np.array([1, 3]), np.array([2, 6])) == 0
    assert jensen_shannon(np.array([1, 0]), np.array([0, 5])) == 1


def test_chance_passes_the_limit_one_time_in_twenty():
    random = np.random.default_rng(1)
    reference = np.array([500, 300, 150, 50])
    distance = partial(jensen_shannon, reference)
    passed = sum(
        distance(random.multinomial(200, reference / 1_000))
        > by_chance(reference, 200, distance, random)
        for _ in range(600)
    )
    # 30 expected, with a standard deviation of 5.3.
    assert 14 <= passed <= 46


def test_larger_samples_come_closer():
    reference = np.array([500, 300, 150, 50])
    distance = partial(jensen_shannon, reference)
    small, large = (
        by_chance(reference, drawn, distance, np.random.default_rng(1)) for drawn in (50, 50_000)
    )
    assert 0 < large < small / 10
