import numpy as np
import pytest

from evaluation.baselines.static import examples
from evaluation.baselines.static.examples import (
    Pairs,
    draw_hidden,
    ending_at,
    features_of,
    follows,
    pairs_with_unwatched,
)
from evaluation.baselines.static.features import StaticFeatures
from tests.evaluation.build import random_requests

FITTED = random_requests(users=30, items=40, events=15, seed=1)
OWNER = FITTED.events(FITTED.rows).row


def test_events_are_hidden_once_each_and_only_usable_ones(monkeypatch):
    usable = np.arange(len(OWNER)) % 2 == 0
    assert draw_hidden(FITTED, usable, seed=1).tolist() == np.flatnonzero(usable).tolist()
    monkeypatch.setattr(examples, "HIDDEN", 10)
    drawn = draw_hidden(FITTED, usable, seed=1)
    assert len(np.unique(drawn)) == 10
    assert usable[drawn].all()
    assert drawn.tolist() != draw_hidden(FITTED, usable, seed=2).tolist()


def test_unwatched_items_are_beside_hidden_events():
    events = np.array([3, 50, 51])
    pairs = pairs_with_unwatched(FITTED, events, seed=1)
    assert pairs.row[:3].tolist() == OWNER[events].tolist()
    target = FITTED.history_item[events].tolist()
    assert pairs.item[:3].tolist() == pairs.hidden[:3].tolist() == target
    assert 3 < len(pairs.row) - 3 <= 12
    beside = dict(zip(target, OWNER[events].tolist(), strict=True))
    assert [beside[item] for item in pairs.hidden.tolist()] == pairs.row.tolist()
    seen = FITTED.seen(FITTED.rows)
    assert not seen[pairs.row[3:], pairs.item[3:]].any()


def test_only_what_has_something_before_it_follows():
    first = FITTED.indptr[:-1][np.diff(FITTED.indptr) > 0]
    assert np.flatnonzero(~follows(FITTED)).tolist() == first.tolist()


def test_histories_that_end_at_an_event():
    events = np.array([3, 50, 51])
    cut, last = ending_at(FITTED, events)
    assert cut.user_ids.tolist() == FITTED.user_ids[OWNER[events]].tolist()
    for row, event in enumerate(events):
        start = FITTED.indptr[OWNER[event]]
        own = slice(cut.indptr[row], cut.indptr[row + 1])
        for name in ("history_item", "history_rating", "history_timestamp"):
            kept = getattr(FITTED, name)[start : event + 1]
            np.testing.assert_array_equal(getattr(cut, name)[own], kept)
    assert cut.history_item[last].tolist() == FITTED.history_item[events].tolist()


@pytest.mark.parametrize("at_once", [1, 4, 256])
def test_features_keep_the_order_of_the_pairs(monkeypatch, at_once):
    monkeypatch.setattr(examples, "HISTORIES_AT_ONCE", at_once)
    features = StaticFeatures.fit(FITTED, None)
    pairs = pairs_with_unwatched(FITTED, np.array([90, 3, 50]), seed=1)
    found = features_of(features, FITTED, pairs)
    for n in range(len(pairs.row)):
        one = Pairs(*(values[[n]] for values in pairs))
        np.testing.assert_array_equal(
            found[n], features.of_pairs(FITTED, one.row, np.array([0]), one.item, one.hidden)[0]
        )
