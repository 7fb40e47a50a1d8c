import numpy as np
import pytest

from schemas.config import RetrievalConfig
from towers.event_inputs import gap_bucket
from towers.losses import full_softmax
from towers.model import RetrievalModel

import keras  # isort: skip  (after the modules above, which prepare the process)
import tensorflow as tf  # isort: skip

ITEMS = 12
UNKNOWN = ITEMS - 1
"""The out-of-vocabulary index."""


def make_model(
    temperature: float = 0.0,
    mask_seen: bool = True,
    user_sizes: dict[str, int] | None = None,
    never_fitted: int | None = None,
) -> RetrievalModel:
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
    users = {"age": 5} if user_sizes is None else user_sizes
    is_fitted = is_item & (np.arange(ITEMS) != never_fitted)
    return RetrievalModel(
        catalogue, is_item, is_fitted, sizes, users, (1.0, 5.0), config, full_softmax
    )


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


@pytest.fixture(scope="module")
def random_model() -> RetrievalModel:
    """Zero-initialised parts would hide what depends on what."""
    model = make_model()
    random = np.random.default_rng(0)
    model.set_weights([random.normal(0, 0.3, w.shape) for w in model.get_weights()])
    return model


def test_every_weight_is_read(random_model: RetrievalModel):
    batch = make_batch([[0, 1, 2, 3], [4, 5, 6, 7]])
    queries = tf.function(lambda: random_model(batch, training=False)["queries"])
    before, unread = queries().numpy(), set()
    for weight in random_model.weights:
        kept = weight.numpy()
        weight.assign(kept + np.random.default_rng(1).normal(size=kept.shape))
        changed = np.abs(queries().numpy() - before).max()
        weight.assign(kept)
        if changed < 1e-4:
            unread.add("/".join(weight.path.split("/")[-2:]))
    # It adds the same to all logits of a query, and a softmax does not see that.
    assert unread == {"key/bias"}


def test_gaps_are_read_and_absolute_times_are_not(random_model: RetrievalModel):
    batch = make_batch([[1, 2, 3, 4]])
    before = newest(random_model, batch)
    times = batch["history_timestamp"]
    moved = newest(random_model, dict(batch, history_timestamp=times + 86_400))
    np.testing.assert_allclose(moved, before, atol=1e-6)
    # 1 000 s and 1 010 s are both 1 + floor(log2(1 + s)) = 10; 1 000 000 s is 20.
    alike = newest(random_model, dict(batch, history_timestamp=times // 1_000 * 1_010))
    np.testing.assert_allclose(alike, before, atol=1e-6)
    apart = newest(random_model, dict(batch, history_timestamp=times * 1_000))
    assert np.abs(apart - before).max() > 1e-3


@pytest.mark.parametrize("rating", [1.0, np.nan])
def test_ratings_are_read(random_model: RetrievalModel, rating: float):
    batch = make_batch([[1, 2, 3, 4]])
    other = batch["history_rating"].copy()
    other[0, 1] = rating
    before = newest(random_model, batch)
    # The first rating was 3, the middle of the scale: not the same as none.
    assert np.abs(newest(random_model, dict(batch, history_rating=other)) - before).max() > 1e-3


@pytest.mark.parametrize("jit", [True, False])
def test_viewer_of_whom_nothing_is_known_has_finite_gradients(jit: bool):
    model = make_model(temperature=0.05, user_sizes={})
    batch = make_batch([[0, 0, 0, 0], [0, 0, 5, 6]])
    del batch["age"]
    targets = np.array([[3, 0, 0, 0, 0], [5, 0, 0, 6, 2]])

    @tf.function(jit_compile=jit)
    def step():
        with tf.GradientTape() as tape:
            loss = model.compute_loss(batch, targets, model(batch, training=True))
        gradients = tape.gradient(loss, [v.value for v in model.trainable_variables])
        return loss, [tf.convert_to_tensor(g) for g in gradients]

    loss, gradients = step()
    assert np.isfinite(loss)
    largest = [np.abs(g).max() for g in gradients]
    # Finite is not enough: a query of exactly 0 gives NaN with XLA and 1e21 without.
    assert np.isfinite(largest).all()
    assert max(largest) < 1e4


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
def test_loss_is_against_what_was_not_seen(mask_seen: bool):
    model = make_model(mask_seen=mask_seen)
    batch, targets = make_batch([[0, 3, 4, 5]]), np.array([[0, 0, 4, 5, 9]])
    outputs = model(batch, training=False)
    logits = np.asarray(outputs["queries"])[0] @ np.asarray(outputs["catalogue"]).T
    expected = 0.0
    for position, gone in ((2, {3}), (3, {3, 4}), (4, {3, 4, 5})):
        rivals = [i for i in range(1, UNKNOWN) if not mask_seen or i not in gone]
        own = logits[position, targets[0, position]]
        expected += np.log(np.exp(logits[position, rivals]).sum()) - own
    found = model.compute_loss(batch, targets, outputs)
    np.testing.assert_allclose(found, expected / 3, rtol=1e-5)


def test_gap_buckets_by_hand():
    stamps = np.array([[0, 1_000_000_000, 1_000_000_000, 1_000_000_001, 1_000_000_008]])
    present = np.array([[False, True, True, True, True]])
    # No previous event; 0 s -> 1 + log2(1) = 1; 1 s -> 1 + log2(2) = 2; 7 s -> 1 + log2(8) = 4.
    assert np.asarray(gap_bucket(stamps, present)).tolist() == [[0, 0, 1, 2, 4]]


def test_an_item_that_nobody_had_is_its_content_and_no_negative():
    model = make_model(never_fitted=6)
    assert not np.asarray(model.is_negative)[6]
    assert np.asarray(model.is_candidate)[6]
    vectors = np.asarray(model.catalogue_vectors())
    ids = np.asarray(model.item_tower.tables["item_id"].embeddings)
    fitted = np.asarray(make_model().catalogue_vectors())
    np.testing.assert_allclose(vectors[6] - ids[UNKNOWN], fitted[6] - ids[6], atol=1e-6)
    np.testing.assert_allclose(np.delete(vectors, 6, axis=0), np.delete(fitted, 6, axis=0))
    rows = np.array([6, 3])
    items = {"item_id": rows, "genres": np.asarray(model.catalogue["genres"])[rows]}
    np.testing.assert_allclose(model.encode_items(items), vectors[rows], atol=1e-6)
