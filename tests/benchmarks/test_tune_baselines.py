import json
from inspect import signature

import numpy as np
import pytest

from benchmarks.results import RESULTS
from benchmarks.tune_baselines import FITS, GRIDS, before, best, measured, settings, title
from evaluation.baselines.als import Als
from evaluation.baselines.bpr import Bpr
from evaluation.baselines.ease import HALF_LIFE, HALF_LIFE_REGULARISATION, Ease
from evaluation.baselines.item_knn import ItemKnn
from evaluation.baselines.lightfm_hybrid import LightFmHybrid
from evaluation.baselines.popularity import Popularity
from evaluation.baselines.user_knn import UserKnn
from tests.evaluation.build import make_requests

DEFAULTS = {
    "user_knn": UserKnn.fit,
    "item_knn": ItemKnn.fit,
    "ease": Ease.fit,
    "als": Als.fit,
    "bpr": Bpr.fit,
    "lightfm": LightFmHybrid.fit,
}


def test_the_defaults_are_what_was_chosen():
    chosen = json.loads((RESULTS / "tune-baselines.json").read_text())["config"]["chosen"]

    assert chosen.pop("ease_half_life") == {
        "regularisation": HALF_LIFE_REGULARISATION,
        "half_life": HALF_LIFE,
    }
    assert chosen == {
        name: {key: signature(fit).parameters[key].default for key in chosen[name]}
        for name, fit in DEFAULTS.items()
    }


def test_every_model_has_a_grid_of_several_settings():
    assert set(GRIDS) == set(FITS)
    for grid in GRIDS.values():
        every = [title(setting) for setting in settings(grid)]
        assert len(set(every)) == len(every) == np.prod([len(each) for each in grid.values()]) > 4


def test_the_best_is_so_by_both_protocols():
    # As shares of the best: 1 + .5, .9 + .8, .2 + 1.
    assert best([[0.10, 0.09, 0.02], [0.20, 0.32, 0.40]]) == 1


def test_what_comes_later_is_left_out():
    histories = make_requests([[0, 1, 2], [1, 0], [2]], [3, 3, 3], items=4)
    histories.history_timestamp[:] = [1, 2, 5, 5, 6, 4]

    earlier = before(histories, 5)

    assert earlier.indptr.tolist() == [0, 2, 2, 3]
    assert earlier.history_item.tolist() == [0, 1, 2]
    assert earlier.history_timestamp.tolist() == [1, 2, 4]
    assert len(histories.history_item) == 6


@pytest.mark.parametrize(("target", "ndcg"), [(3, 1.0), (2, 1 / np.log2(3))])
def test_measures_lists_by_ndcg(target, ndcg):
    requests = make_requests([[0, 1]], [target], items=4)

    found = measured(Popularity(np.array([9, 9, 1, 2], np.float32)), requests)

    assert found == pytest.approx(ndcg)
