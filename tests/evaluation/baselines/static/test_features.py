import dataclasses

import numpy as np
from scipy import sparse

from evaluation.baselines.static.features import NAMES, NOTHING, StaticFeatures
from tests.evaluation.build import make_requests, random_requests

# Item 0 is rated 5 and 4, item 1 is rated 2, item 2 is rated 1: mean 3, damped by 5.
FITTED = make_requests([[0, 1], [0, 2]], [3, 3], items=4, ratings=[[5, 2], [4, 1]])
CONTENT = sparse.csr_array(np.array([[1, 0], [0.6, 0.8], [0, 0], [0, 1]]))
NONE = np.array([NOTHING])


def test_an_item_outside_the_history_by_hand():
    features = StaticFeatures.fit(FITTED, CONTENT)
    # u0 and item 2: watched by 1; item 1 was never beside it, item 0 once, cosine 1 / sqrt(2 * 1).
    row = features.of_pairs(FITTED, np.array([0]), np.array([0]), np.array([2]), NONE)
    assert dict(zip(NAMES, row[0].tolist(), strict=True)) == {
        "item_popularity": np.float32(np.log(2)),
        "item_rating": np.float32((1 - 3) / (1 + 5)),
        "history_events": np.float32(np.log(3)),
        "history_rating": np.float32((2 - 1) / (2 + 5)),
        "watched_together": np.float32(1 / np.sqrt(2) / 2),
        "alike_in_content": 0.0,
    }
    # Item 3: nobody watched it; its content is like that of item 1 by 0.8.
    row = features.of_pairs(FITTED, np.array([0]), np.array([0]), np.array([3]), NONE)
    np.testing.assert_allclose(row[0, [0, 1, 4, 5]], [0, 0, 0, 0.8 / 2], rtol=1e-6)


def test_a_hidden_event_leaves_nothing_behind():
    # What is said of a hidden event is what would be said had it never happened.
    fitted = random_requests(users=12, items=9, events=7, seed=3)
    content = sparse.csr_array(np.random.default_rng(0).random((9, 4)))
    whole = StaticFeatures.fit(fitted, content)
    mean = whole.mean
    owner = fitted.events(fitted.rows).row
    for event in range(0, len(owner), 3):
        kept = np.arange(len(owner)) != event
        lengths = np.bincount(owner[kept], minlength=12)
        without = dataclasses.replace(
            fitted,
            indptr=np.concatenate([[0], np.cumsum(lengths)]),
            history_item=fitted.history_item[kept],
            history_rating=fitted.history_rating[kept],
            history_timestamp=fitted.history_timestamp[kept],
        )
        features = StaticFeatures.fit(without, content)
        # The mean of all ratings, a single number, stays that of all.
        moved = np.bincount(without.history_item, without.history_rating - mean, minlength=9)
        features = dataclasses.replace(features, mean=mean, rating_sum=moved)
        row, item = owner[[event]], fitted.history_item[event]
        others = np.flatnonzero(~fitted.seen(row)[0])
        for asked in (item, *others):
            pair = (row, np.array([0]), np.array([asked]))
            np.testing.assert_allclose(
                whole.of_pairs(fitted, *pair, np.array([item])),
                features.of_pairs(without, *pair, NONE),
                atol=1e-5,
            )


def test_the_catalogue_is_every_pair():
    fitted = random_requests(users=12, items=9, events=7, seed=3)
    features = StaticFeatures.fit(fitted, None)
    rows = np.array([4, 1])
    whole = features.of_catalogue(fitted, rows).reshape(2, 9, len(NAMES))
    for place, row in enumerate(rows):
        for item in range(9):
            one = (np.array([row]), np.array([0]), np.array([item]))
            np.testing.assert_array_equal(
                features.of_pairs(fitted, *one, NONE)[0], whole[place, item]
            )


def test_without_ratings_and_content_their_columns_are_zero():
    fitted = make_requests([[0, 1], [0, 2]], [3, 3], items=4)
    found = StaticFeatures.fit(fitted, None).of_catalogue(fitted, fitted.rows)
    np.testing.assert_array_equal(found[:, [1, 3, 5]], 0)
    assert (found[:, [0, 2, 4]] > 0).any(axis=0).all()
