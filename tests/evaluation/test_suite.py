import numpy as np

from evaluation.baselines.registry import STANDARD
from evaluation.ordering import top
from evaluation.ratings import Opinion
from evaluation.suite import Models, evaluate
from schemas.config import EvaluateConfig
from tests.evaluation.build import make_requests, random_requests

MEASURES = ("hr", "recall", "precision", "ndcg", "mrr", "map")
ACCURACY = {f"{n}@{k}" for n in MEASURES for k in (10, 50, 200)}
OF_LISTS = {f"{n}@10" for n in ("coverage", "gini", "novelty", "average_popularity")}
FIGURES = ACCURACY | OF_LISTS | {"auc@200", "serendipity@10"}


def retrieve_oracle(requests, rows, k):
    """Knows the target: the first of each list."""
    scores = np.where(requests.seen(rows), -np.inf, 0.0)
    scores[np.arange(len(rows)), requests.target_item[rows]] = 1.0
    item = top(scores, k)
    return item, np.take_along_axis(scores, item, axis=1), item >= 0


def rank_backwards(requests, rows, item_index, score, valid):
    return -score


def predict_oracle(requests, rows):
    rating = requests.target_rating[rows]
    return Opinion(rating, (rating >= LIKED).astype(np.float32))


def predict_pair_oracle(requests, left, right):
    return (requests.target_rating[left] + requests.target_rating[right]) / 2


LIKED = 4.0
CONFIG = EvaluateConfig(batch_size=16, resamples=100)
ORACLE = Models(retrieve_oracle, rank_backwards, predict_oracle, predict_pair_oracle, LIKED)


def test_every_model_is_measured_on_the_same_requests():
    requests = random_requests(users=40, items=30, events=8, seed=6)
    metrics = evaluate(requests, requests, None, ORACLE, CONFIG).metrics
    rankings = {*STANDARD, "retrieval", "two_stage"}
    assert set(metrics) == rankings | {
        "protocol",
        "intervals",
        "segments",
        "gaps",
        "rating",
        "like",
        "pair",
    }
    assert all(set(metrics[name]) == FIGURES for name in rankings)
    # The oracle is always right, the ranker that turns its list around puts the target last.
    assert metrics["retrieval"]["ndcg@10"] == 1.0
    assert metrics["two_stage"]["hr@10"] == 0.0
    assert metrics["rating"]["rmse"] == metrics["pair"]["rmse"] == 0.0
    assert metrics["rating"]["bias_rmse"] > 0.0
    assert metrics["like"]["auc"] == 1.0 > metrics["like"]["bias_auc"]
    assert metrics["ease"] != metrics["ease_half_life"]


def test_the_settings_are_part_of_the_figures():
    requests = random_requests(users=40, items=5, events=3, seed=6)
    config = EvaluateConfig(candidates=250, pairs_per_item=2, resamples=150, seed=9)
    asked = []

    def retrieve(requests, rows, k):
        asked.append(k)
        return retrieve_oracle(requests, rows, k)

    models = ORACLE._replace(retrieve=retrieve)
    metrics = evaluate(requests, requests, None, models, config).metrics
    assert asked == [250]
    protocol = metrics["protocol"]
    assert "every item of the catalogue is ranked" in protocol.pop("ranking")
    assert protocol == {
        "targets": 40,
        "lists": 40,
        "users": 40,
        "candidates": 250,
        "pairs_per_item": 2,
        "resamples": 150,
        "confidence": 0.95,
        "seed": 9,
    }
    # 40 targets among 5 items: each item has far more than 2 pairs.
    assert metrics["pair"]["pairs"] == 5 * 2 < metrics["pair"]["pairs_found"]


def test_progress_counts_every_request_of_every_model():
    requests = random_requests(users=40, items=30, events=8, seed=6)
    told = []
    metrics = evaluate(
        requests, requests, None, ORACLE, CONFIG, lambda *step: told.append(step)
    ).metrics
    assert told[:5] == [(f"fit of {name}", n, 5) for n, name in enumerate(STANDARD)]
    # Batches of 16 of 40 requests, all of them rated.
    for text in ("popularity", "ease_half_life", "retrieval and two_stage", "ratings"):
        assert [step[1:] for step in told if step[0] == text] == [(16, 40), (32, 40), (40, 40)]
    pairs = metrics["pair"]["pairs"]
    assert [step for step in told if step[0] == "ratings of pairs"][-1][1:] == (pairs, pairs)


def test_without_ratings_there_are_no_rating_errors():
    requests = make_requests([[0, 1], [2, 1, 0]], [2, 3], items=20)
    metrics = evaluate(requests, requests, None, ORACLE, CONFIG).metrics
    assert "rating" not in metrics
    assert "like" not in metrics
    assert "pair" not in metrics
    assert metrics["retrieval"]["hr@10"] == 1.0


def test_ease_is_left_out_of_large_catalogues(monkeypatch):
    monkeypatch.setattr("evaluation.baselines.registry.EASE_ITEMS", 29)
    requests = random_requests(users=10, items=30, events=8, seed=6)
    metrics = evaluate(requests, requests, None, ORACLE, CONFIG).metrics
    assert not {"ease", "ease_half_life"} & set(metrics)


def test_baselines_are_fitted_on_people_who_are_not_tested_too():
    # Everybody tested saw items 0 and 1 alone; u2, who is not tested, has 3 after 1, as the target.
    requests = make_requests([[0, 1], [0, 1]], [3, 3], items=20)
    fitted = make_requests([[0, 1], [0, 1], [1, 3]], [0, 0, 0], items=20)
    assert evaluate(requests, requests, None, ORACLE, CONFIG).metrics["markov"]["ndcg@10"] < 1.0
    metrics = evaluate(requests, fitted, None, ORACLE, CONFIG).metrics
    for name in ("popularity", "markov", "ease"):
        assert metrics[name]["ndcg@10"] == 1.0


def test_without_fitted_ratings_there_is_no_bias_model_to_compare_with():
    requests = make_requests([[0, 1]], [2], items=20, target_ratings=[4.0])
    assert "rating" not in evaluate(requests, requests, None, ORACLE, CONFIG).metrics
    rated = make_requests([[0, 1]], [2], items=20, ratings=[[3.0, 4.0]], target_ratings=[4.0])
    assert "rating" in evaluate(requests, rated, None, ORACLE, CONFIG).metrics


def test_without_times_there_is_no_recent_popularity():
    requests = random_requests(users=10, items=30, events=8, seed=6)
    requests.history_timestamp[:] = 0
    assert "recent_popularity" not in evaluate(requests, requests, None, ORACLE, CONFIG).metrics
