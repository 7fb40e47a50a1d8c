import numpy as np

from pipeline.describe.matrix import density, matrix_figures

LENGTHS, ITEM_EVENTS = np.array([1, 4, 3]), np.array([3, 2, 2, 1, 0])
BATCHES = [
    (np.array([1, 4]), np.array([0, 0, 1, 2, 3])),
    (np.array([3]), np.array([0, 1, 2])),
]


def test_worked_by_hand():
    # Most active first users 1, 2 | 0; most popular first items 0, 1, 2 | 3, 4.
    # Users 1 and 2 have all 2 * 3 pairs, and 1 of the 2 * 2 others; user 0 has 1 of 3, and none.
    picture = density(BATCHES, LENGTHS, ITEM_EVENTS, 2)
    np.testing.assert_allclose(picture, [[1, 0.25], [1 / 3, 0]])
    assert matrix_figures(picture) == {
        "rows": 2,
        "columns": 2,
        "filled_share": 0.75,
        "densest": 1.0,
        "top_left": 1.0,
    }


def test_a_small_matrix_is_shown_as_it_is():
    picture = density(BATCHES, LENGTHS, ITEM_EVENTS, 200)
    assert picture.tolist() == [[1, 1, 1, 1, 0], [1, 1, 1, 0, 0], [1, 0, 0, 0, 0]]


def test_the_picture_has_one_size_whatever_the_data():
    random = np.random.default_rng(1)
    lengths = random.integers(1, 20, 1_000)
    items = random.integers(0, 777, lengths.sum())
    picture = density([(lengths, items)], lengths, np.bincount(items, minlength=777), 50)
    assert picture.shape == (50, 50)
    # Every row is 20 users; columns are 15 or 16 items. Nothing is lost: densities times pairs.
    columns = np.bincount(np.arange(777) * 50 // 777)
    np.testing.assert_allclose((picture * np.outer(np.full(50, 20), columns)).sum(), lengths.sum())
