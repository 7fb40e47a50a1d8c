import numpy as np
import pyarrow.parquet as pq
import pytest

from evaluation.comparison import compare
from evaluation.judge import judge, rank_targets
from evaluation.list_figures import Items
from evaluation.metrics.accuracy import MISSED
from evaluation.ordering import top
from evaluation.per_request import FILE, per_request, read_per_request, targets_of
from schemas.config import EvaluateConfig
from tests.evaluation.build import make_requests, random_requests

CONFIG = EvaluateConfig(resamples=400, seed=3)
REQUESTS = random_requests(users=60, items=40, events=8, seed=1)


def lists_of(seed, help_target=0.0):
    scores = np.random.default_rng(seed).random((len(REQUESTS), 40))
    scores[REQUESTS.rows, REQUESTS.target_item] += help_target
    return {"model": top(scores, 200).astype(np.int32)}


def table(lists):
    return per_request(REQUESTS, rank_targets(lists, REQUESTS))


def test_ranks_survive_the_file(tmp_path):
    requests = make_requests([[0], [0], [4]], [1, 2, 3], items=6)
    requests.user_ids[:] = ["u0", "u0", "u1"]
    lists = {"model": np.array([[2, 5, 1], [1, 2, -1]])}
    pq.write_table(per_request(requests, rank_targets(lists, requests)), tmp_path / FILE)
    found = read_per_request(tmp_path)
    assert found.to_pydict() == {
        "list": [0, 0, 1],
        "user_id": ["u0", "u0", "u1"],
        "target_item_id": ["i1", "i2", "i3"],
        "rank_model": [3, 1, None],
    }
    targets = targets_of(found)["model"]
    assert targets.of_list.tolist() == [0, 0, 1]
    assert targets.rank.tolist() == [3, 1, MISSED]


def test_a_run_against_itself():
    found = compare(table(lists_of(1)), table(lists_of(1)), CONFIG)["model"]
    for figure in found.values():
        assert figure["difference"] == 0
        assert figure["interval"] == [0, 0]
        assert figure["p"] == 1


def test_a_better_run():
    weak, strong = lists_of(1), lists_of(2, help_target=0.4)
    figures = judge(
        weak | {"strong": strong["model"]}, REQUESTS, Items.known(REQUESTS, None), CONFIG
    )
    found = compare(table(strong), table(weak), CONFIG)["model"]
    for name in ("hr@10", "ndcg@10", "map@50"):
        assert found[name]["ours"] == pytest.approx(figures["strong"][name])
        assert found[name]["theirs"] == pytest.approx(figures["model"][name])
        difference = figures["strong"][name] - figures["model"][name]
        assert found[name]["difference"] == pytest.approx(difference)
        low, high = found[name]["interval"]
        assert 0 < low < difference < high
        assert found[name]["p"] < 0.05


def test_models_of_one_run_alone_are_left_out():
    lists = lists_of(1)
    both = table(lists | {"other": lists["model"]})
    assert set(compare(both, table(lists), CONFIG)) == {"model"}
    with pytest.raises(
        ValueError, match=r"expected a model in common, got \['model'\] and \['b'\]"
    ):
        compare(table(lists), table({"b": lists["model"]}), CONFIG)


def test_other_requests_are_refused():
    ours = table(lists_of(1))
    with pytest.raises(ValueError, match="expected the same requests, got 60 and 59 of them"):
        compare(ours, ours.slice(1), CONFIG)
    items = ours["target_item_id"].to_pylist()[::-1]
    other = ours.set_column(2, "target_item_id", [items])
    with pytest.raises(ValueError, match="expected the same requests, got another target_item_id"):
        compare(ours, other, CONFIG)
