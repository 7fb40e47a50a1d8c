import numpy as np

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
