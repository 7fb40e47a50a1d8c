import numpy as np
import pytest

import schemas.tf_runtime  # noqa: F401  (before TensorFlow)

# isort: split
import tensorflow as tf

from towers.item_tower import ItemTower, mean_embedding

SIZES = {"item_id": 1_002, "genres": 4}
UNKNOWN = 1_001


def make(id_dropout: float) -> tuple[ItemTower, dict[str, np.ndarray]]:
    tower = ItemTower(SIZES, 4, unit=False, id_dropout=id_dropout, unknown_id=UNKNOWN)
    tower.build(None)
    genres = np.random.default_rng(0).integers(0, 4, (1_002, 2))
    return tower, {"item_id": np.arange(1_002), "genres": genres}


def test_id_dropout_takes_a_share_of_ids_for_unknown_and_keeps_the_content() -> None:
    tower, items = make(0.25)
    known = np.asarray(tower(items))
    unknown = np.asarray(tower(dict(items, item_id=np.full(1_002, UNKNOWN))))
    trained = np.asarray(tower(items, training=True))
    replaced = np.isclose(trained, unknown).all(axis=1)
    np.testing.assert_array_equal(trained[~replaced], known[~replaced])
    assert 0.2 < replaced.mean() < 0.3
    again = np.isclose(np.asarray(tower(items, training=True)), unknown).all(axis=1)
    assert (again != replaced).any()


def test_ids_stay_outside_training() -> None:
    tower, items = make(0.9)
    np.testing.assert_array_equal(tower(items), tower(items, training=False))


def test_an_unknown_item_has_the_vector_of_its_content() -> None:
    tower, _ = make(0.0)
    genres = np.array([[1, 0], [2, 0]])
    one, other = np.asarray(tower({"item_id": np.array([UNKNOWN] * 2), "genres": genres}))
    table = np.asarray(tower.tables["genres"].embeddings)
    np.testing.assert_allclose(one - other, table[1] - table[2], atol=1e-6)


def test_several_values_of_a_feature_count_as_their_mean() -> None:
    tower, _ = make(0.0)
    table = tower.tables["genres"]
    vectors = np.asarray(table.embeddings)
    found = np.asarray(mean_embedding(table, np.array([[1, 3, 0], [0, 2, 0], [0, 0, 0]])))
    np.testing.assert_allclose(found[0], (vectors[1] + vectors[3]) / 2, atol=1e-6)
    np.testing.assert_array_equal(found[1], vectors[2])
    np.testing.assert_array_equal(found[2], 0.0)


def test_without_id_dropout_an_unknown_item_is_its_content_alone() -> None:
    tower, _ = make(0.0)
    unknown = {"item_id": np.array([UNKNOWN]), "genres": np.array([[3, 0]])}
    table = np.asarray(tower.tables["genres"].embeddings)
    np.testing.assert_array_equal(np.asarray(tower(unknown))[0], table[3])
    tower, _ = make(0.1)
    assert not np.allclose(np.asarray(tower(unknown))[0], table[3])


@pytest.mark.parametrize("jit", [False, True])
def test_unit_vectors_of_items_of_which_nothing_is_known_spoil_no_gradient(jit: bool) -> None:
    tower = ItemTower(SIZES, 4, unit=True, unknown_id=UNKNOWN)
    tower.build(None)
    items = {"item_id": np.array([1, UNKNOWN]), "genres": np.array([[2, 0], [0, 0]])}

    @tf.function(jit_compile=jit)
    def step() -> tuple[tf.Tensor, list[tf.Tensor]]:
        with tf.GradientTape() as tape:
            vectors = tower(items)
            loss = tf.reduce_sum(vectors[0])  # what is no candidate adds nothing to a loss
        gradients = tape.gradient(loss, tower.trainable_variables)
        return vectors, [tf.convert_to_tensor(gradient) for gradient in gradients]

    vectors, gradients = step()
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), [1, 0], atol=1e-6)
    for gradient in gradients:
        assert np.isfinite(gradient).all()
