import numpy as np

from evaluation.baselines.popularity import Popularity
from tests.evaluation.build import make_requests


def test_counts_events_of_all_histories():
    # Item 1 three times, item 2 once; the targets 0 and 3 do not count.
    requests = make_requests([[1, 2, 1], [1]], [0, 3], items=4)
    scores = Popularity.fit(requests).score(requests, np.array([0, 1]))
    assert scores.tolist() == [[0, 3, 1, 0]] * 2
