import dataclasses

import pytest

from commands.compare.choose import OURS, check_names, choose
from evaluation.baselines.registry import BASELINES, RATING_BASELINES
from tests.evaluation.build import make_requests, random_requests

RATED = random_requests(users=20, items=30, events=8, seed=1)
UNRATED = make_requests([[0, 1], [2, 1, 0]], [2, 3], items=20)


def names(models):
    return [model.name for model in models]


def test_all_models_that_apply():
    found = choose(["all"], RATED, "leave_one_out", "transformer")
    assert {"popularity", "markov", "ease"} <= set(names(found.ranking))
    assert "bias" in names(found.rating)
    # Retrieval has a transformer already.
    assert names(found.ours) == ["gru", "cnn", "retrieval", "two_stage"]
    assert found.left_out["transformer"] == "it is the encoder of retrieval"
    shown = {*names(found.ranking), *names(found.rating), *names(found.ours), *found.left_out}
    assert shown == {*BASELINES, *RATING_BASELINES, *OURS}


def test_those_that_are_named_in_the_order_of_tables():
    found = choose(["two_stage", "ease", "popularity"], RATED, "leave_one_out", "gru")
    assert names(found.ranking) == ["popularity", "ease"]
    assert names(found.ours) == ["two_stage"]
    assert not found.rating and not found.left_out


def test_what_does_not_apply_is_left_out_of_all_and_refused_by_name():
    found = choose(["all"], UNRATED, "leave_one_out", "transformer")
    assert "bias" in found.left_out and "bias" not in names([*found.ranking, *found.rating])
    with pytest.raises(ValueError, match="bias cannot be compared: it does not apply to this data"):
        choose(["bias", "popularity"], UNRATED, "leave_one_out", "transformer")


def test_a_package_that_is_missing_is_named_and_how_to_install_it(monkeypatch):
    wanting = dataclasses.replace(BASELINES["popularity"], needs="of_tests")
    monkeypatch.setitem(BASELINES, "popularity", wanting)
    extras = {"of_tests": ("no_such_module",)}
    monkeypatch.setattr("evaluation.baselines.baseline.EXTRAS", extras)
    said = r"no_such_module not installed \(pip install 'matinee\[of_tests\]'\)"
    with pytest.raises(ValueError, match=said):
        choose(["popularity"], RATED, "leave_one_out", "transformer")
    found = choose(["all"], RATED, "leave_one_out", "transformer")
    assert found.left_out["popularity"].startswith("no_such_module not installed")


def test_random_is_for_ratings_alone():
    found = choose(["all"], RATED, "random", "transformer")
    assert not found.ranking and not found.ours
    assert "bias" in names(found.rating) and {*names(found.rating)} <= {*RATING_BASELINES}
    assert "ratings alone" in found.left_out["two_stage"]
    with pytest.raises(ValueError, match="two_stage cannot be compared: the protocol random"):
        choose(["two_stage"], RATED, "random", "transformer")


@pytest.mark.parametrize("wrong", [["popular"], []])
def test_unknown_names_are_refused(wrong):
    with pytest.raises(ValueError, match="--models: expected all or names out of"):
        check_names(wrong)
