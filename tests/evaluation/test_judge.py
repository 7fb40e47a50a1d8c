import numpy as np
import pytest

from evaluation.judge import judge
from evaluation.list_figures import Items
from evaluation.metrics.accuracy import NAMES
from evaluation.ordering import top
from schemas.config import EvaluateConfig
from tests.evaluation.build import make_requests, random_requests

CONFIG = EvaluateConfig(resamples=200, seed=3)


def listed(*lists):
    return np.array([row + [-1] * (200 - len(row)) for row in lists], np.int32)


def test_targets_of_one_history_share_a_list():
    # u0 asks twice from one history, for 1 and 2; u1 once, for 3. One list each: the first has its
    # targets at 1 and 3, the second has none.
    requests = make_requests([[0], [0], [4]], [1, 2, 3], items=6)
    requests.user_ids[:] = ["u0", "u0", "u1"]
    items = Items.known(make_requests([[0, 1], [0, 4]], [0, 0], items=6), None)
    figures = judge({"model": listed([1, 5, 2], [1, 2])}, requests, items, CONFIG)
    assert figures["model"]["hr@10"] == 0.5
    assert figures["model"]["recall@10"] == 0.5
    assert figures["model"]["mrr@10"] == 0.5
    assert figures["model"]["map@10"] == pytest.approx((1 + 2 / 3) / 2 / 2)
    ideal = 1 + 1 / np.log2(3)
    assert figures["model"]["ndcg@10"] == pytest.approx(1.5 / ideal / 2)
    # Items 1, 2 and 5 of 6; two people were fitted: one has item 1, nobody 2 or 5.
    assert figures["model"]["coverage@10"] == 0.5
    assert figures["model"]["average_popularity@10"] == pytest.approx((1 / 3 + 1 / 2) / 2)
    assert figures["model"]["novelty@10"] == 1.0
    assert "diversity@10" not in figures["model"]


def test_segments_by_hand():
    # Fitted: item 0 three times, 1 twice, 2 once. Thirds of 2: 0 is head, 1 (from 3 on) middle,
    # 2 (from 5 on) tail, 3 cold.
    fitted = make_requests([[0, 1, 2], [0, 1], [0]], [9, 9, 9], items=10)
    requests = make_requests([[5], [5], [5, 6], [5, 6]], [0, 1, 2, 3], items=10)
    lists = listed([0], [7, 1], [8], [3])
    segments = judge({"m": lists}, requests, Items.known(fitted, None), CONFIG)["segments"]
    popularity = segments["item_popularity"]
    assert [*popularity] == ["head", "middle", "tail", "cold"]
    assert popularity["head"] == {
        "targets": 1,
        "lists": 1,
        "m": {"hr@10": 1, "ndcg@10": 1, "recall@200": 1},
    }
    assert popularity["middle"]["m"]["ndcg@10"] == pytest.approx(1 / np.log2(3))
    assert popularity["tail"]["m"]["hr@10"] == 0
    assert popularity["cold"]["m"]["recall@200"] == 1
    activity = segments["user_activity"]
    assert [*activity] == ["1-1", "2-2"]
    assert activity["2-2"]["m"]["hr@10"] == 0.5


def test_intervals_hold_the_figures_of_every_model():
    requests = random_requests(users=80, items=40, events=8, seed=1)
    scores = np.random.default_rng(1).random((2, 80, 40))
    lists = {f"m{n}": top(scores[n], 200).astype(np.int32) for n in range(2)}
    figures = judge(lists, requests, Items.known(requests, None), CONFIG)
    for name in lists:
        assert set(figures["intervals"][name]) == set(NAMES)
        for figure in ("hr@10", "ndcg@10", "map@50"):
            low, high = figures["intervals"][name][figure]
            assert low < figures[name][figure] < high
    assert figures["intervals"]["m0"] != figures["intervals"]["m1"]


def test_the_gap_between_groups_of_people():
    # 40 women with the target first, 40 men without it, 1 person of whom it is not known.
    requests = make_requests([[0]] * 81, [1] * 81, items=30)
    gender = np.array(["F"] * 40 + ["M"] * 40 + [""], object)
    requests.user_features["gender"] = gender
    lists = listed(*[[1]] * 40, *[[2]] * 41)
    figures = judge({"m": lists}, requests, Items.known(requests, None), CONFIG)
    segments = figures["segments"]["user_feature_gender"]
    assert [*segments] == ["F", "M"]
    assert segments["F"]["m"]["hr@10"] == 1 and segments["M"]["m"]["hr@10"] == 0
    gap = figures["gaps"]["user_feature_gender"]["m"]["hr@10"]
    assert gap == {"gap": 1.0, "interval": [1.0, 1.0], "best": "F", "worst": "M"}
    # All of them were fitted: there is no second group to hold against the first.
    assert [*figures["segments"]["user_known"]] == ["known"]
    assert [*figures["gaps"]] == ["user_feature_gender"]
