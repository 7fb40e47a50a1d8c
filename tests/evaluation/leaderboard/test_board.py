import json

import numpy as np
import pytest

from evaluation.leaderboard.board import board
from evaluation.leaderboard.ratings import rating_figures, rating_tests
from evaluation.list_figures import Items
from tests.evaluation.build import make_requests
from tests.evaluation.leaderboard.build import CONFIG, LIKED, asked, models, small_board


def test_every_model_has_what_it_can_be_judged_by():
    found = small_board()
    json.dumps(found, allow_nan=False)
    of = found["models"]
    assert [*of] == ["popularity", "ease", "bias", "two_stage"]
    assert {name for name in of if "figures" in of[name]} == {"popularity", "ease", "two_stage"}
    assert {name for name in of if "rating" in of[name]} == {"bias", "two_stage"}
    assert of["two_stage"]["figures"]["ndcg@10"] == 1.0
    assert of["two_stage"]["fit_s"] == 60.0 and of["bias"].get("peak_mib") is None
    assert of["two_stage"]["like"]["auc"] == 1.0 and "like" not in of["bias"]
    # The bias model is half a star off everywhere, so that its order is right too.
    assert of["two_stage"]["like"]["bias_auc"] == 1.0
    assert [e["epoch"] for e in of["two_stage"]["curves"]["ranker"]] == [1, 2, 3]
    assert {"user_activity", "user_feature_gender"} <= set(found["segments"])
    assert found["protocol"]["users"] == 80


def test_others_are_tested_against_one():
    of = small_board()["models"]
    assert "against" not in of["two_stage"] and "against" not in of["bias"]
    for name in ("popularity", "ease"):
        test = of[name]["against"]["ndcg@10"]
        assert test["difference"] == pytest.approx(1 - of[name]["figures"]["ndcg@10"])
        assert test["interval"][0] < test["difference"] < test["interval"][1]
        # The least p of 200 draws is 1 / 201, and there are two tests of each figure.
        assert test["p"] == pytest.approx(1 / 201)
        assert test["p_holm"] == pytest.approx(2 / 201)


def test_without_the_bias_model_its_order_is_not_judged():
    requests = asked()
    some = [model for model in models(requests) if model.name != "bias"]
    found = board(some, requests, Items.known(requests, None), "two_stage", LIKED, CONFIG)
    assert "bias_auc" not in found["models"]["two_stage"]["like"]


def test_without_the_one_nothing_is_tested():
    requests = asked()
    some = [model for model in models(requests) if model.name != "two_stage"]
    found = board(some, requests, Items.known(requests, None), "two_stage", LIKED, CONFIG)
    assert all("against" not in of for of in found["models"].values())


def test_of_ratings_alone_there_are_no_segments():
    requests = asked()
    some = [model for model in models(requests) if model.name == "bias"]
    found = board(some, requests, Items.known(requests, None), "two_stage", LIKED, CONFIG)
    assert found["segments"] == found["gaps"] == {}
    assert found["models"]["bias"]["rating"]["rmse"] == pytest.approx(0.5)


def test_squared_errors_are_tested_against_one():
    requests = asked()
    right, truth = requests.target_rating + np.float32(0.5), requests.target_rating
    ratings = {"one": right, "off": truth + 1, "as_good": truth - np.float32(0.5)}
    found = rating_tests(ratings, "one", requests, CONFIG)
    assert set(found) == {"off", "as_good"}
    assert found["off"]["mse_difference"] == pytest.approx(0.25 - 1.0)
    assert found["off"]["interval"] == pytest.approx([-0.75, -0.75])
    # The least p of 200 draws is 1 / 201, and there are two tests.
    assert found["off"]["p_holm"] == pytest.approx(2 * found["off"]["p"]) == pytest.approx(2 / 201)
    assert found["as_good"]["p"] == 1.0
    assert rating_tests(ratings, "nobody", requests, CONFIG) == {}


def test_rating_figures_by_hand():
    requests = make_requests([[0]] * 4, [1] * 4, items=3, target_ratings=[1, 3, 5, 4])
    found = rating_figures(np.array([2, 3, 3, 4], np.float32), requests, CONFIG)
    # Errors 1, 0, 2, 0.
    assert found["rmse"] == pytest.approx(np.sqrt(5 / 4))
    assert found["mae"] == pytest.approx(3 / 4)
    assert found["interval"][0] < found["rmse"] < found["interval"][1]
    assert found["calibration"] == [[2, 1, 1], [3, 3, 1], [3, 5, 1], [4, 4, 1]]
    assert found["ratings"] == 4


def test_a_rating_that_is_not_predicted_is_told():
    requests = make_requests([[0]] * 2, [1] * 2, items=3, target_ratings=[1, 3])
    with pytest.raises(ValueError, match="expected one for each of 2 given, got none for 1"):
        rating_figures(np.array([2, np.nan], np.float32), requests, CONFIG)
