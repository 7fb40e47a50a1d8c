import numpy as np

from towers.successors import Successors


def test_what_was_never_fitted_adds_nothing() -> None:
    layer = Successors(items=5, dim=3, order=2)
    layer.build()
    assert not np.asarray(layer(np.array([[1, 2]]))).any()


def test_the_newest_add_their_vectors_by_hand() -> None:
    layer = Successors(items=5, dim=1, order=2)
    layer.build()
    layer.table.embeddings.assign(np.array([[9.0], [1.0], [10.0], [100.0], [1000.0]]))
    layer.weight.assign([1.0, 0.5])
    found = np.asarray(layer(np.array([[0, 1, 3, 2]])))[0, :, 0]
    # After nothing; padding; 1; 100 + 0.5 * 1; 10 + 0.5 * 100. The vector of padding is not read.
    assert found.tolist() == [0.0, 0.0, 1.0, 100.5, 60.0]


def test_a_history_shorter_than_the_order() -> None:
    layer = Successors(items=5, dim=3, order=9)
    layer.build()
    assert layer(np.array([[1, 2]])).shape == (1, 3, 3)
