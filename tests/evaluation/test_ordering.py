import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from evaluation.ordering import order_candidates, top

# Few different values, so that most rows have ties, and items that are left out.
SCORES = hnp.arrays(
    np.float32,
    hnp.array_shapes(min_dims=2, max_dims=2, max_side=8),
    elements=st.sampled_from([-np.inf, -1.0, 0.0, 0.5, 2.0]),
)


def test_a_tie_goes_to_the_smaller_item_index():
    # Order of the items: 1 (score 9), then 0, 2 and 3 with 5 each.
    assert top(np.array([[5.0, 9.0, 5.0, 5.0]]), 4).tolist() == [[1, 0, 2, 3]]


def test_lists_are_padded_with_minus_one():
    scores = np.array([[1.0, -np.inf, 3.0]])
    assert top(scores, 5).tolist() == [[2, 0, -1, -1, -1]]


@given(SCORES, st.integers(1, 10))
def test_top_agrees_with_sorting(scores, k):
    for row, listed in enumerate(top(scores, k)):
        kept = [item for item, score in enumerate(scores[row]) if score > -np.inf]
        expected = sorted(kept, key=lambda item, row=row: (-scores[row, item], item))[:k]
        assert listed.tolist() == expected + [-1] * (k - len(expected))


@given(SCORES, st.randoms(use_true_random=False))
def test_order_candidates_agrees_with_sorting(scores, random):
    items = np.array([random.sample(range(50), scores.shape[1]) for _ in scores])
    valid = np.array([[random.random() < 0.7 for _ in row] for row in scores])
    for row, listed in enumerate(order_candidates(items, scores, valid)):
        kept = np.flatnonzero(valid[row])
        expected = [
            items[row, at]
            for at in sorted(kept, key=lambda at, row=row: (-scores[row, at], items[row, at]))
        ]
        assert listed.tolist() == expected + [-1] * (len(listed) - len(expected))


def test_nan_is_an_error():
    # NaN compares false with everything: wherever it were put, nothing would say so.
    with pytest.raises(ValueError, match="NaN in 1 of 2"):
        top(np.array([[np.nan, 1.0]]), 1)
    with pytest.raises(ValueError, match="NaN"):
        order_candidates(np.array([[0, 1]]), np.array([[np.nan, 1.0]]), np.array([[True, True]]))


def test_scores_of_padding_may_be_anything():
    listed = order_candidates(
        np.array([[7, 3, 5]]), np.array([[np.nan, 1.0, 2.0]]), np.array([[False, True, True]])
    )
    assert listed.tolist() == [[5, 3, -1]]
