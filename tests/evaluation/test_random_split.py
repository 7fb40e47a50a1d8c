import numpy as np
import pytest

from evaluation.random_split import hold_out
from tests.evaluation.build import make_requests, random_requests


def test_by_hand():
    # One of the two rated events is held out: the other two events are the history of its request.
    histories = make_requests([[4, 2, 7]], [0], items=9, ratings=[[np.nan, 5, 3]])
    rest, requests = hold_out(histories, share=0.5, seed=1)
    assert len(requests) == 1
    held = int(requests.target_item[0])
    assert held in (2, 7)
    assert requests.target_rating.tolist() == [{2: 5, 7: 3}[held]]
    assert requests.history_item.tolist() == [item for item in (4, 2, 7) if item != held]
    assert rest.history_item.tolist() == requests.history_item.tolist()
    assert requests.target_timestamp.tolist() == [{2: 2, 7: 3}[held]]


def test_every_event_is_fitted_or_asked_for_and_no_history_holds_its_target():
    histories = random_requests(users=60, items=40, events=9, seed=3)
    rest, requests = hold_out(histories, share=0.25, seed=5)
    events = len(histories.history_item)
    assert len(requests) == round(0.25 * events)
    assert len(rest.history_item) == events - len(requests)
    seen = requests.seen(np.arange(len(requests)))
    assert not seen[np.arange(len(requests)), requests.target_item].any()
    # Who asks has what is left of their own history, and nothing of anybody else's.
    row = {user: number for number, user in enumerate(rest.user_ids)}
    for number, user in enumerate(requests.user_ids):
        mine, theirs = (
            of.history_item[of.indptr[at] : of.indptr[at + 1]]
            for of, at in ((requests, number), (rest, row[user]))
        )
        assert mine.tolist() == theirs.tolist()


def test_the_seed_decides():
    histories = random_requests(users=60, items=40, events=9, seed=3)
    items = [hold_out(histories, 0.2, seed)[1].target_item.tolist() for seed in (1, 1, 2)]
    assert items[0] == items[1] != items[2]


def test_a_share_that_holds_nothing_out_is_refused():
    histories = make_requests([[4, 2]], [0], items=9, ratings=[[1, 2]])
    with pytest.raises(ValueError, match="expected some events held out and some left, got 0 of 2"):
        hold_out(histories, 0.2, 1)
    with pytest.raises(ValueError, match="got 2 of 2"):
        hold_out(histories, 0.9, 1)
