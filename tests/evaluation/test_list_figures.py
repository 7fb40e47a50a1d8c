import numpy as np
import pytest
from scipy import sparse

from evaluation.judge import rank_targets
from evaluation.list_figures import Items, list_figures, request_figures
from tests.evaluation.build import make_requests

# Items of one, two and no genres: drama; drama and crime; crime; nothing known.
HALF = 2**-0.5
FEATURES = sparse.csr_array(np.array([[1, 0], [HALF, HALF], [0, 1], [0, 0]]))


def listed(*lists):
    return np.array([row + [-1] * (200 - len(row)) for row in lists], np.int32)


def test_where_every_list_is_empty_nothing_is_said_of_them():
    items = Items.known(make_requests([[0, 1]], [0], items=2), None)
    assert list_figures(listed([]), items) == {"coverage@10": 0.0}


def test_what_lists_are_like_to_those_who_asked():
    # One person had drama, and is shown crime, then what they want, which is drama and crime.
    requests = make_requests([[0]], [1], items=4)
    items = Items.known(make_requests([[0, 1], [0]], [3, 3], items=4), FEATURES)
    lists = listed([2, 1])
    targets = rank_targets({"m": lists}, requests)["m"]
    found = request_figures(lists, targets, requests, items)
    # Of the 3 unseen items, the target is behind one of two and before the other.
    assert found["auc@200"] == 0.5
    # At 2 of 4 items, and second by popularity: no higher than popularity has it.
    assert found["serendipity@10"] == 0.0
    # q of drama is .99 * 1/4 + .01.
    assert found["miscalibration@10"] == pytest.approx(-np.log(0.99 / 4 + 0.01))
    assert found["feature_coverage@10"] == 1.0


def test_without_features_nothing_is_said_of_kinds():
    requests = make_requests([[0]], [1], items=4)
    items = Items.known(requests, None)
    lists = listed([2, 1])
    found = request_figures(lists, rank_targets({"m": lists}, requests)["m"], requests, items)
    assert set(found) == {"auc@200", "serendipity@10"}


def test_where_nothing_is_known_of_a_history_there_is_no_calibration():
    requests = make_requests([[3]], [1], items=4)
    items = Items.known(requests, FEATURES)
    lists = listed([2, 1])
    found = request_figures(lists, rank_targets({"m": lists}, requests)["m"], requests, items)
    assert set(found) == {"auc@200", "serendipity@10", "feature_coverage@10"}
