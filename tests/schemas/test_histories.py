import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from schemas.histories import Histories, history_before, training_windows


def make_histories(lengths: list[int]) -> Histories:
    """Item ids 1, 2, 3, ... over all users; rating id / 10, timestamp id * 100."""
    item_id = np.arange(1, sum(lengths) + 1)
    return Histories(
        users=np.array([f"u{n}" for n in range(len(lengths))]),
        offsets=np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64),
        item_id=item_id,
        rating=(item_id / 10).astype(np.float32),
        timestamp=item_id * 100,
        user_features={"age": np.arange(len(lengths))},
    )


def test_windows_by_hand():
    # One user with events 1..5 and windows of 2: (4 -> 5 after 3) and the rest from the front.
    windows = training_windows(make_histories([5]), 2)
    # Newest window: history 3, 4 and targets 4 (after 3), 5 (after 4); no viewer target.
    # Older window: history 1, 2 and targets 2, 3; it begins at the first event, so the viewer
    # token predicts 1.
    assert windows["history_item_id"].tolist() == [[3, 4], [1, 2]]
    assert windows["target_item_id"].tolist() == [[0, 4, 5], [1, 2, 3]]
    np.testing.assert_allclose(windows["target_rating"], [[np.nan, 0.4, 0.5], [0.1, 0.2, 0.3]])
    assert windows["target_timestamp"].tolist() == [[0, 400, 500], [100, 200, 300]]


def test_short_history_is_left_padded():
    windows = training_windows(make_histories([2]), 3)
    assert windows["history_item_id"].tolist() == [[0, 0, 1]]
    assert windows["target_item_id"].tolist() == [[1, 0, 0, 2]]
    assert np.isnan(windows["history_rating"][0, :2]).all()


def test_single_event_is_learned_by_the_viewer_token():
    windows = training_windows(make_histories([1]), 2)
    assert windows["history_item_id"].tolist() == [[0, 0]]
    assert windows["target_item_id"].tolist() == [[1, 0, 0]]


@given(st.lists(st.integers(0, 12), min_size=1, max_size=6), st.integers(1, 5))
def test_every_event_is_a_target_once_and_follows_its_history(lengths: list[int], width: int):
    histories = make_histories(lengths)
    windows = training_windows(histories, width)
    targets = windows["target_item_id"]
    assert sorted(targets[targets > 0].tolist()) == histories.item_id.tolist()
    # Item ids count up, so the token before a target must hold the id one less.
    rows, steps = np.nonzero(targets[:, 1:])
    before = windows["history_item_id"][rows, steps]
    assert (before == targets[rows, steps + 1] - 1).all()


def test_windows_are_given_with_what_comes_before_them():
    windows = training_windows(make_histories([5]), 2, earlier=3)
    alone = training_windows(make_histories([5]), 2)
    assert windows["history_item_id"].tolist() == [[0, 1, 2, 3, 4], [0, 0, 0, 1, 2]]
    for name in ("target_item_id", "target_rating", "target_timestamp"):
        np.testing.assert_array_equal(windows[name], alone[name])


def test_history_before_stops_at_the_event_and_at_the_user():
    histories = make_histories([3, 3])
    rows = history_before(histories, np.array([1, 1]), np.array([5, 3]), 4)
    # User u1 has events 4, 5, 6 at positions 3, 4, 5; before position 5 are 4 and 5.
    assert rows["history_item_id"].tolist() == [[0, 0, 4, 5], [0, 0, 0, 0]]
    assert rows["age"].tolist() == [1, 1]


def test_head_keeps_the_oldest_events():
    kept = make_histories([3, 1, 4]).head(np.array([2, 0, 9]))
    assert kept.item_id.tolist() == [1, 2, 5, 6, 7, 8]
    assert kept.offsets.tolist() == [0, 2, 2, 6]
