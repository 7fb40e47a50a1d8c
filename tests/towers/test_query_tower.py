import numpy as np
import pytest

from schemas.config import RetrievalConfig
from towers.losses import full_softmax
from towers.model import RetrievalModel
from towers.query_tower import gap_bucket

import keras  # isort: skip  (after the modules above, which prepare the process)

ITEMS = 12
UNKNOWN = ITEMS - 1
"""The out-of-vocabulary index."""


def make_model(temperature: float = 0.0, mask_seen: bool = True) -> RetrievalModel:
    keras.utils.set_random_seed(5)
    catalogue = {
        "item_id": np.arange(ITEMS),
        "genres": np.random.default_rng(0).integers(0, 4, (ITEMS, 2)),
    }
    config = RetrievalConfig(
        embedding_dim=8,
        history_len=4,
        tail_events=2,
        blocks=2,
        heads=2,
        temperature=temperature,
        mask_seen=mask_seen,
    )
    sizes = {"item_id": ITEMS, "genres": 4}
    is_item = (np.arange(ITEMS) > 0) & (np.arange(ITEMS) < UNKNOWN)
    return RetrievalModel(catalogue, is_item, sizes, {"age": 5}, (1.0, 5.0), config, full_softmax)


def make_batch(items: list[list[int]], age: int = 1) -> dict[str, np.ndarray]:
    ids = np.array(items)
    return {
        "history_item_id": ids,
        "history_rating": np.where(ids > 0, 3.0, np.nan).astype(np.float32),
        "history_timestamp": np.where(ids > 0, 1_000 * np.arange(1, ids.shape[1] + 1), 0),
        "age": np.full(len(ids), age),
    }


def newest(model: RetrievalModel, batch: dict[str, np.ndarray]) -> np.ndarray:
    return from_vectors(model, batch, np.asarray(model.catalogue_vectors()))


def from_vectors(model: RetrievalModel, batch: dict[str, np.ndarray], vectors) -> np.ndarray:
    return np.asarray(model.newest_query(batch, vectors[batch["history_item_id"]]))


def test_no_position_sees_a_later_event():
    model = make_model()
    one, other = make_batch([[1, 2, 3, 4]]), make_batch([[1, 2, 3, 9]])
    first, second = (np.asarray(model(b, training=False)["queries"]) for b in (one, other))
    np.testing.assert_allclose(first[:, :4], second[:, :4], atol=1e-6)
    assert np.abs(first[:, 4] - second[:, 4]).max() > 1e-4


def test_rows_of_a_batch_do_not_touch():
    model = make_model()
    rows = [[1, 2, 3, 4], [0, 0, 5, 6], [0, 0, 0, 0]]
    together = newest(model, make_batch(rows))
    alone = np.concatenate([newest(model, make_batch([row])) for row in rows])
    np.testing.assert_allclose(together, alone, atol=1e-6)


def test_padding_is_not_read():
    model = make_model()
    batch = make_batch([[0, 0, 5, 6]])
    vectors = np.asarray(model.catalogue_vectors()).copy()
    before = from_vectors(model, batch, vectors)
    vectors[0] = 100.0
    np.testing.assert_allclose(from_vectors(model, batch, vectors), before, atol=1e-6)


def test_viewer_without_history_is_known_by_features():
    model = make_model()
    tables = model.query_tower.user_tables["age"].embeddings
    tables.assign(np.random.default_rng(1).normal(size=tables.shape))
    young, old = (newest(model, make_batch([[0, 0, 0, 0]], age)) for age in (1, 4))
    assert np.isfinite(young).all()
    assert np.abs(young - old).max() > 1e-3


def test_unit_vectors_give_cosine_over_temperature():
    model = make_model(temperature=0.1)
    query = newest(model, make_batch([[1, 2, 3, 4]]))
    np.testing.assert_allclose(np.linalg.norm(query, axis=1), [10.0], rtol=1e-5)
    norms = np.linalg.norm(np.asarray(model.catalogue_vectors()), axis=1)
    np.testing.assert_allclose(norms, np.ones(ITEMS), rtol=1e-5)


@pytest.mark.parametrize("mask_seen", [True, False])
def test_seen_items_are_negatives_only_where_wanted(mask_seen: bool):
    model = make_model(mask_seen=mask_seen)
    allowed = np.asarray(model._allowed(make_batch([[0, 3, 4, 5]]))).reshape(5, ITEMS)
    # Positions: viewer, padding, then after 3, after 4, after 5.
    seen = [set(), set(), {3}, {3, 4}, {3, 4, 5}]
    for position, gone in enumerate(seen):
        gone = gone if mask_seen else set()
        expected = [item not in {0, UNKNOWN, *gone} for item in range(ITEMS)]
        assert allowed[position].tolist() == expected


def test_gap_buckets_by_hand():
    stamps = np.array([[0, 1_000_000_000, 1_000_000_000, 1_000_000_001, 1_000_000_008]])
    present = np.array([[False, True, True, True, True]])
    # No previous event; 0 s -> 1 + log2(1) = 1; 1 s -> 1 + log2(2) = 2; 7 s -> 1 + log2(8) = 4.
    assert np.asarray(gap_bucket(stamps, present)).tolist() == [[0, 0, 1, 2, 4]]
