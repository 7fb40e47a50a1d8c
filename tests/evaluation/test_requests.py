import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from evaluation.requests import read_requests
from tests.evaluation.build import make_requests

HISTORIES = st.lists(st.lists(st.integers(0, 9), max_size=6), min_size=1, max_size=5)


def write_prepared(directory, **changed):
    """Two users over three films, as docs/artifacts.md has it."""
    table = {
        "user_id": pa.array(["a", "b"]),
        "gender": pa.array(["F", ""]),
        "age": pa.array([31.0, None], pa.float32()),
        "history_item_id": pa.array([["x", "z"], []], pa.list_(pa.string())),
        "history_rating": pa.array([[4.0, float("nan")], []], pa.list_(pa.float32())),
        "history_timestamp": pa.array([[10, 20], []], pa.list_(pa.int64())),
        "target_item_id": pa.array(["y", "x"]),
        "target_rating": pa.array([3.0, float("nan")], pa.float32()),
        "target_timestamp": pa.array([30, 5], pa.int64()),
    }
    pq.write_table(pa.table(table | changed), directory / "test.parquet")
    catalogue = {"item_id": ["x", "y", "z"], "title": ["X", "Y", "Z"], "train_count": [1, 0, 0]}
    pq.write_table(pa.table(catalogue), directory / "catalogue.parquet")


def test_reads_what_prepare_wrote(tmp_path):
    write_prepared(tmp_path)
    requests = read_requests(tmp_path, "test")
    assert len(requests) == 2
    assert requests.item_ids.tolist() == ["x", "y", "z"]
    assert requests.user_ids.tolist() == ["a", "b"]
    assert requests.indptr.tolist() == [0, 2, 2]
    assert requests.history_item.tolist() == [0, 2]
    assert requests.history_item.dtype == np.int32
    np.testing.assert_array_equal(requests.history_rating, np.float32([4, np.nan]))
    assert requests.history_timestamp.tolist() == [10, 20]
    assert requests.target_item.tolist() == [1, 0]
    np.testing.assert_array_equal(requests.target_rating, np.float32([3, np.nan]))
    assert set(requests.user_features) == {"gender", "age"}
    assert requests.user_features["gender"].tolist() == ["F", ""]
    np.testing.assert_array_equal(requests.user_features["age"], np.float32([31, np.nan]))


def test_rows_of_several_groups_are_read_as_one(tmp_path):
    write_prepared(tmp_path)
    table = pq.read_table(tmp_path / "test.parquet")
    pq.write_table(table, tmp_path / "test.parquet", row_group_size=1)
    assert read_requests(tmp_path, "test").history_item.tolist() == [0, 2]


def test_an_item_outside_the_catalogue_is_named(tmp_path):
    write_prepared(tmp_path, target_item_id=pa.array(["y", "q"]))
    with pytest.raises(ValueError, match=r"test\.parquet: expected items of catalogue.*'q'"):
        read_requests(tmp_path, "test")


def test_ages_count_back_from_the_newest():
    requests = make_requests([[5, 6, 7], [], [8, 5]], [0, 0, 0], items=9)
    events = requests.events(np.array([2, 1, 0]))
    assert events.row.tolist() == [0, 0, 2, 2, 2]
    assert events.item.tolist() == [8, 5, 5, 6, 7]
    assert events.age.tolist() == [1, 0, 2, 1, 0]


def test_history_matrix_sums_weights_by_item():
    requests = make_requests([[1, 0, 1]], [2], items=3)
    matrix = requests.history_matrix(np.array([0]), np.array([1.0, 10.0, 100.0]))
    assert matrix.toarray().tolist() == [[10.0, 101.0, 0.0]]


@given(HISTORIES, st.integers(1, 7), st.randoms(use_true_random=False))
def test_padding_and_seen_agree_with_plain_python(histories, history_len, random):
    rows = [random.randrange(len(histories)) for _ in range(3)]
    requests = make_requests(histories, [0] * len(histories), items=10)
    padded = requests.padded(np.array(rows), history_len)
    width = max(1, *(len(histories[row][-history_len:]) for row in rows))
    for at, row in enumerate(rows):
        kept = histories[row][-history_len:]
        missing = width - len(kept)
        assert padded.item_id[at].tolist() == [""] * missing + [f"i{item}" for item in kept]
        newest = list(range(1, len(histories[row]) + 1))[-history_len:]
        assert padded.timestamp[at].tolist() == [0] * missing + newest
        seen = np.flatnonzero(requests.seen(np.array(rows))[at])
        assert seen.tolist() == sorted(set(histories[row]))


def test_padding_has_no_rating():
    requests = make_requests([[0], [1, 2]], [3, 3], items=4, ratings=[[5], [1, 2]])
    np.testing.assert_array_equal(
        requests.padded(np.array([0, 1]), 9).rating, np.float32([[np.nan, 5], [1, 2]])
    )


def test_requests_with_one_history_are_one_list():
    # u0 twice after two events and once after three, as many as u1 has.
    requests = make_requests([[5, 6], [5, 6], [5, 6, 7], [5, 6, 7]], [1, 2, 3, 4], items=9)
    requests.user_ids[:] = ["u0", "u0", "u0", "u1"]
    assert requests.of_list.tolist() == [0, 0, 1, 2]
    assert requests.first_of_list.tolist() == [0, 2, 3]


def test_no_requests_are_no_lists():
    assert make_requests([], [], items=3).of_list.tolist() == []
