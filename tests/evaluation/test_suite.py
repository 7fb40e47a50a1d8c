import numpy as np

from evaluation.ordering import top
from evaluation.suite import evaluate
from schemas.config import EvaluateConfig
from tests.evaluation.build import make_requests, random_requests

FIGURES = {"hr@10", "hr@50", "hr@200", "ndcg@10", "coverage@10"}


def retrieve_oracle(requests, rows, k):
    """Knows the target: the first of each list."""
    scores = np.where(requests.seen(rows), -np.inf, 0.0)
    scores[np.arange(len(rows)), requests.target_item[rows]] = 1.0
    item = top(scores, k)
    return item, np.take_along_axis(scores, item, axis=1), item >= 0


def rank_backwards(requests, rows, item_index, score, valid):
    return -score


def predict_oracle(requests, rows):
    return requests.target_rating[rows]


def predict_pair_oracle(requests, left, right):
    return (requests.target_rating[left] + requests.target_rating[right]) / 2


FITTED = ("popularity", "markov", "ease")
CONFIG = EvaluateConfig(batch_size=16)
ORACLE = (retrieve_oracle, rank_backwards, predict_oracle, predict_pair_oracle)


def test_every_model_is_measured_on_the_same_requests():
    requests = random_requests(users=40, items=30, events=8, seed=6)
    metrics = evaluate(requests, requests, *ORACLE, CONFIG)
    rankings = {"popularity", "markov", "ease", "ease_half_life", "retrieval", "two_stage"}
    assert set(metrics) == rankings | {"protocol", "rating", "pair"}
    assert all(set(metrics[name]) == FIGURES for name in rankings)
    # The oracle is always right, the ranker that turns its list around puts the target last.
    assert metrics["retrieval"]["ndcg@10"] == 1.0
    assert metrics["two_stage"]["hr@10"] == 0.0
    assert metrics["rating"]["rmse"] == metrics["pair"]["rmse"] == 0.0
    assert metrics["rating"]["bias_rmse"] > 0.0
    assert metrics["ease"] != metrics["ease_half_life"]


def test_the_settings_are_part_of_the_figures():
    requests = random_requests(users=40, items=5, events=3, seed=6)
    config = EvaluateConfig(candidates=250, pairs_per_item=2, seed=9)
    asked = []

    def retrieve(requests, rows, k):
        asked.append(k)
        return retrieve_oracle(requests, rows, k)

    metrics = evaluate(requests, requests, retrieve, *ORACLE[1:], config)
    assert asked == [250]
    protocol = metrics["protocol"]
    assert "every item of the catalogue is ranked" in protocol.pop("ranking")
    assert protocol == {"candidates": 250, "pairs_per_item": 2, "seed": 9}
    # 40 targets among 5 items: each item has far more than 2 pairs.
    assert metrics["pair"]["pairs"] == 5 * 2 < metrics["pair"]["pairs_found"]


def test_progress_counts_every_request_of_every_model():
    requests = random_requests(users=40, items=30, events=8, seed=6)
    told = []
    metrics = evaluate(requests, requests, *ORACLE, CONFIG, lambda *step: told.append(step))
    assert told[:3] == [(f"fit of {name}", n, 3) for n, name in enumerate(FITTED)]
    # Batches of 16 of 40 requests, all of them rated.
    for text in ("popularity", "ease_half_life", "retrieval and two_stage", "ratings"):
        assert [step[1:] for step in told if step[0] == text] == [(16, 40), (32, 40), (40, 40)]
    pairs = metrics["pair"]["pairs"]
    assert [step for step in told if step[0] == "ratings of pairs"][-1][1:] == (pairs, pairs)


def test_without_ratings_there_are_no_rating_errors():
    requests = make_requests([[0, 1], [2, 1, 0]], [2, 3], items=20)
    metrics = evaluate(requests, requests, *ORACLE, CONFIG)
    assert "rating" not in metrics
    assert "pair" not in metrics
    assert metrics["retrieval"]["hr@10"] == 1.0


def test_ease_is_left_out_of_large_catalogues(monkeypatch):
    monkeypatch.setattr("evaluation.suite.EASE_ITEMS", 29)
    requests = random_requests(users=10, items=30, events=8, seed=6)
    metrics = evaluate(requests, requests, *ORACLE, CONFIG)
    assert not {"ease", "ease_half_life"} & set(metrics)


def test_baselines_are_fitted_on_people_who_are_not_tested_too():
    # Everybody tested saw items 0 and 1 alone; u2, who is not tested, has 3 after 1, as the target.
    requests = make_requests([[0, 1], [0, 1]], [3, 3], items=20)
    fitted = make_requests([[0, 1], [0, 1], [1, 3]], [0, 0, 0], items=20)
    assert evaluate(requests, requests, *ORACLE, CONFIG)["markov"]["ndcg@10"] < 1.0
    metrics = evaluate(requests, fitted, *ORACLE, CONFIG)
    for name in ("popularity", "markov", "ease"):
        assert metrics[name]["ndcg@10"] == 1.0


def test_without_fitted_ratings_there_is_no_bias_model_to_compare_with():
    requests = make_requests([[0, 1]], [2], items=20, target_ratings=[4.0])
    assert "rating" not in evaluate(requests, requests, *ORACLE, CONFIG)
    rated = make_requests([[0, 1]], [2], items=20, ratings=[[3.0, 4.0]], target_ratings=[4.0])
    assert "rating" in evaluate(requests, rated, *ORACLE, CONFIG)
