import numpy as np
import pytest

from schemas.shares import whole_share


def test_whole_parts():
    assert whole_share(np.array([0, 3, 4, 10, 11]), 0.3).tolist() == [0, 0, 1, 3, 3]


@pytest.mark.parametrize(("count", "share", "whole"), [(49, 1 / 49, 1), (100, 0.29, 29)])
def test_what_floating_point_makes_a_little_less_is_whole(count, share, whole):
    assert count * share < whole
    assert whole_share(np.array([count]), share).tolist() == [whole]
