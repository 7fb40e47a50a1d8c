import numpy as np
import pytest

from serving.merging import merged, padded_cells, part, rows

ONE = {
    "history_item_id": np.array([[[b"a", b"b"]]], object),
    "history_rating": np.array([[[4.0, np.nan]]], np.float32),
    "history_timestamp": np.array([[[7, 8]]], np.int64),
    "owner_count": np.array([1]),
    "gender": np.array([["F"]], object),
    "candidate_item_id": np.array([[b"x", b"y", b"z"]], object),
    "retrieval_score": np.array([[[0.1], [0.2], [0.3]]], np.float32),
}
PAIR = {
    "history_item_id": np.array([[[b"c"], [b"d"]]], object),
    "history_rating": np.array([[[1.0], [2.0]]], np.float32),
    "history_timestamp": np.array([[[5], [6]]], np.int64),
    "owner_count": np.array([2]),
    "gender": np.array([["M", ""]], object),
    "candidate_item_id": np.array([[b"w"]], object),
    "retrieval_score": np.array([[[0.5, 0.6]]], np.float32),
}


def test_calls_lie_one_below_the_other_padded_as_the_models_pad():
    both = merged([ONE, PAIR])
    assert both["history_item_id"].tolist() == [
        [[b"a", b"b"], [b"", b""]],
        [[b"c", b""], [b"d", b""]],
    ]
    assert both["history_timestamp"].tolist() == [[[7, 8], [0, 0]], [[5, 0], [6, 0]]]
    nan = np.nan
    np.testing.assert_array_equal(
        both["history_rating"], [[[4, nan], [nan, nan]], [[1, nan], [2, nan]]]
    )
    assert both["owner_count"].tolist() == [1, 2]
    assert both["gender"].tolist() == [["F", b""], ["M", ""]]
    assert both["candidate_item_id"].tolist() == [[b"x", b"y", b"z"], [b"w", b"", b""]]
    # A score that is not there is read like any other, so it is a number.
    np.testing.assert_allclose(
        both["retrieval_score"],
        [[[0.1, 0], [0.2, 0], [0.3, 0]], [[0.5, 0.6], [0, 0], [0, 0]]],
    )
    for name, value in both.items():
        assert value.dtype == ONE[name].dtype, name


def test_a_call_gets_its_own_part():
    # Rows 1 and 2 of 3 are the call's, of 2 candidates and 1 owner where there are 3 and 2.
    outputs = {"rating": np.arange(18).reshape(3, 3, 2), "joint_rating": np.arange(9).reshape(3, 3)}
    got = part(outputs, 1, {"rating": (2, 2, 1), "joint_rating": (2, 2)})
    assert got["rating"].tolist() == [[[6], [8]], [[12], [14]]]
    assert got["joint_rating"].tolist() == [[3, 4], [6, 7]]


@pytest.mark.parametrize("calls", [[ONE], [ONE, ONE], [ONE, PAIR], [PAIR, ONE, PAIR]])
def test_cells_are_those_of_the_merged_call(calls):
    together = merged(calls)
    assert padded_cells(calls) == sum(value.size for value in together.values())
    assert rows(together) == len(calls)
