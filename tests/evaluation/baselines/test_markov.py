import numpy as np
import pytest

from evaluation.baselines.markov import Markov
from tests.evaluation.build import make_requests, random_requests


def test_transitions_by_hand():
    # History 0 1 2: 0 -> 1 and 1 -> 2 over one event, 0 -> 2 over two, weight 0.7. Every item has
    # one event, so each row is divided by 1 + 10. The second history adds no transition, but one
    # event of item 2, and nothing crosses from one history to the next.
    requests = make_requests([[0, 1, 2], [2]], [3, 3], items=4)
    expected = np.zeros((4, 4))
    expected[0, 1] = expected[1, 2] = 1 / 11
    expected[0, 2] = 0.7 / 11
    np.testing.assert_allclose(Markov.fit(requests).transitions.toarray(), expected, rtol=1e-6)


def test_scores_by_hand():
    # u1's newest event is 0 (weight 1), the one before is 1 (weight 0.8):
    # item 2 gets 0.7 / 11 + 0.8 / 11 and item 1 gets 1 / 11. u1's own 1 -> 0 is fitted too, and
    # item 0 and 1 then have two events each: divide by 12.
    requests = make_requests([[0, 1, 2], [1, 0]], [3, 3], items=4)
    scores = Markov.fit(requests).score(requests, np.array([1]))[0]
    expected = [0.8 / 12, 1 / 12, (0.7 + 0.8) / 12, 0]
    np.testing.assert_allclose(scores, expected, rtol=1e-6)


def test_five_steps_and_ten_events():
    # 0 reaches 5, five events later, with 0.7^4 / 11, and 6, six later, not at all.
    requests = make_requests([list(range(12))], [12], items=13)
    markov = Markov.fit(requests)
    row = markov.transitions.toarray()[0]
    assert row[5] == pytest.approx(0.7**4 / 11)
    assert row[6] == 0
    # Of the twelve events the oldest two, items 0 and 1, are not scored from, so item 2, which
    # follows only them, gets nothing; item 3, which follows item 2 of age 9, gets 0.8^9 / 11.
    scores = markov.score(requests, np.array([0]))[0]
    assert scores[2] == 0
    assert scores[3] == pytest.approx(0.8**9 / 11)


def test_agrees_with_plain_loops():
    requests = random_requests(users=12, items=9, events=8, seed=5)
    histories = np.split(requests.history_item, requests.indptr[1:-1])
    counts = np.zeros((9, 9))
    for history in histories:
        for at, item in enumerate(history):
            for step, later in enumerate(history[at + 1 : at + 6], start=1):
                counts[item, later] += 0.7 ** (step - 1)
    events = np.bincount(requests.history_item, minlength=9)
    transitions = counts / (events + 10)[:, None]
    expected = [
        sum(0.8**age * transitions[item] for age, item in enumerate(history[::-1][:10]))
        for history in histories
    ]
    scores = Markov.fit(requests).score(requests, requests.rows)
    np.testing.assert_allclose(scores, expected, rtol=1e-5)
