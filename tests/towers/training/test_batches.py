import numpy as np
import pytest

from schemas import columns
from schemas.histories import Histories, training_windows
from towers.training.batches import WindowBatches


def test_a_window_is_asked_for_at_the_times_of_its_targets():
    lengths = np.array([5, 9])
    histories = Histories(
        users=np.array(["a", "b"]),
        offsets=np.concatenate([[0], np.cumsum(lengths)]),
        item_id=np.arange(1, 15),
        rating=np.full(14, np.nan, np.float32),
        timestamp=1_000 + np.arange(1, 15),
        user_features={},
    )
    batches = WindowBatches(training_windows(histories, history_len=4), batch_size=3, seed=1)
    seen = []
    for inputs, targets in batches.epoch(1):
        item, asked = targets.numpy(), inputs[columns.REQUEST_TIMESTAMP].numpy()
        assert asked.shape == item.shape
        there = item > 0
        np.testing.assert_array_equal(asked[there], 1_000 + item[there])
        seen.extend(item[there].tolist())
    assert sorted(seen) == list(range(1, 15))


@pytest.mark.parametrize(
    ("windows", "batch_size", "steps", "left_over"),
    [(3, 2, 2, 0), (5, 4, 1, 1), (1, 4, 1, 0), (6, 2, 3, 0)],
)
def test_an_epoch_has_the_nearest_number_of_full_steps(
    windows: int, batch_size: int, steps: int, left_over: int
):
    batches = numbered(windows, batch_size)
    assert batches.steps == steps
    (order,) = orders(batches, [1])
    assert len(order) == steps * batch_size
    assert len(set(order)) == windows - left_over
    # What fills the last step is the epoch's first once more.
    assert order == (order[:windows] * batch_size)[: len(order)]


def test_epochs_have_orders_of_their_own_and_begin_at_any_step():
    batches = numbered(40, 4)
    first, second, again = orders(batches, [1, 2, 1])
    assert first == again
    assert first != second
    assert sorted(first) == sorted(second) == list(range(1, 41))
    assert orders(batches, [2], first_step=7) == [second[28:]]
    assert orders(numbered(40, 4, seed=2), [1]) != [first]


def numbered(windows: int, batch_size: int, seed: int = 1) -> WindowBatches:
    """Windows of one event, whose targets are 1, 2, ..."""
    number = np.arange(1, windows + 1)[:, None]
    inputs = {columns.TARGET_ITEM_ID: number, columns.TARGET_TIMESTAMP: number}
    return WindowBatches(inputs, batch_size, seed)


def orders(batches: WindowBatches, epochs: list[int], first_step: int = 0) -> list[list[int]]:
    """The numbers of an epoch's windows, as they come."""
    return [
        [
            int(one)
            for _, targets in batches.epoch(epoch, first_step)
            for one in targets.numpy()[:, 0]
        ]
        for epoch in epochs
    ]
