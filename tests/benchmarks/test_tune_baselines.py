import json
from inspect import signature

import numpy as np
import pytest

from benchmarks.results import RESULTS
from benchmarks.tune_baselines import best, each, half_lives
from evaluation.baselines.als import Als
from evaluation.baselines.bpr import Bpr
from evaluation.baselines.ease import HALF_LIFE, Ease
from evaluation.baselines.item_knn import ItemKnn
from evaluation.baselines.lightfm_hybrid import LightFmHybrid
from evaluation.baselines.popularity import Popularity
from evaluation.baselines.user_knn import UserKnn
from evaluation.requests import read_requests

FITS = {
    "user_knn": UserKnn.fit,
    "item_knn": ItemKnn.fit,
    "ease": Ease.fit,
    "als": Als.fit,
    "bpr": Bpr.fit,
    "lightfm": LightFmHybrid.fit,
}


@pytest.fixture(scope="module")
def requests(prepared):
    return read_requests(prepared.path, "validation")


def test_the_defaults_are_what_was_chosen():
    chosen = json.loads((RESULTS / "tune-baselines.json").read_text())["config"]["chosen"]

    assert chosen.pop("ease_half_life") == {"half_life": HALF_LIFE}
    assert chosen == {
        name: {key: signature(fit).parameters[key].default for key in chosen[name]}
        for name, fit in FITS.items()
    }


def test_every_setting_of_a_grid_is_fitted():
    fitted = [*each(dict, {"a": (1.0, 2.0), "b": (3.0, 4.0)})]

    assert [setting for setting, _ in fitted] == [scorer for _, scorer in fitted]
    assert len(fitted) == len({tuple(setting.values()) for setting, _ in fitted}) == 4


@pytest.mark.slow
def test_takes_the_best(requests):
    popular = Popularity.fit(requests)
    opposite = Popularity(-popular.count)

    setting, figures = best("", [({"a": 1.0}, opposite), ({"a": 2.0}, popular)], requests)

    assert setting == {"a": 2.0}
    assert figures["a 2"] > figures["a 1"]


@pytest.mark.slow
def test_half_lives_score_differently(requests):
    settings, scorers = zip(*half_lives(Ease.fit(requests)), strict=True)

    assert len({each["half_life"] for each in settings}) == len(scorers) > 1
    assert not np.allclose(*(ease.score(requests, np.arange(9)) for ease in scorers[:2]))
