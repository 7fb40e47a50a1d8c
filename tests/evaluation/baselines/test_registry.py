import numpy as np
import pytest

from evaluation.baselines import registry
from evaluation.baselines.baseline import ENVIRONMENTS, EXTRAS, Baseline, missing
from evaluation.baselines.ease import HALF_LIFE
from evaluation.baselines.registry import BASELINES, RATING_BASELINES, STANDARD
from tests.evaluation.build import make_requests, random_requests

REQUESTS = random_requests(users=30, items=40, events=15, seed=1)


@pytest.mark.parametrize("table", [BASELINES, RATING_BASELINES])
def test_names_and_extras(table):
    assert [baseline.name for baseline in table.values()] == [*table]
    assert {baseline.needs for baseline in table.values()} <= {"", *EXTRAS, *ENVIRONMENTS}
    assert all(baseline.title for baseline in table.values())


def test_the_standard_ones_need_no_extra():
    assert [BASELINES[name].needs for name in STANDARD] == [""] * len(STANDARD)


def test_missing_names_what_is_not_installed(monkeypatch):
    monkeypatch.setitem(EXTRAS, "some", ("numpy", "no_such_module"))
    assert missing(Baseline("x", "X", "", None, "some")) == ["no_such_module"]
    assert missing(Baseline("x", "X", "", None)) == []


def test_missing_names_the_python_of_an_environment(monkeypatch, tmp_path):
    python = tmp_path / "python"
    monkeypatch.setitem(ENVIRONMENTS, "some", python)
    assert missing(Baseline("x", "X", "", None, "some")) == [str(python)]
    python.touch()
    assert missing(Baseline("x", "X", "", None, "some")) == []


def test_both_rows_of_ease_have_settings_of_their_own():
    plain = BASELINES["ease"].fit(REQUESTS, None, 1)
    halved = BASELINES["ease_half_life"].fit(REQUESTS, None, 1)
    assert (plain.half_life, halved.half_life) == (np.inf, HALF_LIFE)
    assert np.abs(halved.weights).max() < np.abs(plain.weights).max()


def test_what_does_not_apply(monkeypatch):
    bare = make_requests([[0, 1], [1, 0]], [2, 2], items=3)
    bare.history_timestamp[:] = 0
    skipped = {name for name, baseline in BASELINES.items() if not baseline.applies(bare)}
    assert skipped == {"recent_popularity", "bias"}
    assert not any(baseline.applies(bare) for baseline in RATING_BASELINES.values())
    assert all(baseline.applies(REQUESTS) for baseline in BASELINES.values())
    monkeypatch.setattr(registry, "EASE_ITEMS", 2)
    assert not BASELINES["ease"].applies(bare)
    assert not BASELINES["ease_half_life"].applies(bare)


@pytest.mark.parametrize("name", RATING_BASELINES)
class TestRatingBaseline:
    def fitted(self, name):
        if missing(RATING_BASELINES[name]):
            pytest.skip(f"needs the extra {RATING_BASELINES[name].needs!r}")
        return RATING_BASELINES[name].fit(REQUESTS)

    def test_predicts_a_rating_of_each_target_alike_in_every_batch(self, name):
        model = self.fitted(name)
        three = model.predict(REQUESTS, np.array([7, 0, 7]))
        assert three.shape == (3,)
        assert three.dtype == np.float32
        assert len(np.unique(model.predict(REQUESTS, REQUESTS.rows))) > 3
        np.testing.assert_array_equal(three[[1]], model.predict(REQUESTS, np.array([0])))
        assert three[0] == three[2]

    @pytest.mark.parametrize("history", [[], [7]], ids=["empty", "one_event"])
    def test_a_short_history_of_an_unknown_person(self, name, history):
        asked = make_requests([history], [3], items=40, ratings=[[4.0] * len(history)])
        asked.user_ids[0] = "nobody"
        assert 1 <= self.fitted(name).predict(asked, np.array([0]))[0] <= 5

    def test_the_same_seed_gives_the_same_predictions(self, name):
        model = self.fitted(name)
        RATING_BASELINES[name].fit(REQUESTS, seed=1)
        np.testing.assert_array_equal(
            self.fitted(name).predict(REQUESTS, REQUESTS.rows),
            model.predict(REQUESTS, REQUESTS.rows),
        )
