"""The baselines on what the pipeline really writes, where the next item follows from the last."""

import numpy as np
import pyarrow.parquet as pq
import pytest

from evaluation.baselines.bias import BiasModel
from evaluation.histories import read_histories
from evaluation.metrics import rmse
from evaluation.ranking_protocol import evaluate_ranking
from evaluation.requests import read_requests
from evaluation.suite import fit_baselines


@pytest.mark.parametrize("split", ["validation", "test"])
def test_requests_are_the_rows_of_the_table(prepared, split):
    requests = read_requests(prepared.path, split)
    table = pq.read_table(prepared.path / f"{split}.parquet").to_pylist()
    assert len(requests) == len(table) == prepared.figures["rows"][split]
    assert requests.items == prepared.figures["rows"]["items"]
    for row, expected in enumerate(table):
        events = slice(requests.indptr[row], requests.indptr[row + 1])
        items = requests.item_ids[requests.history_item[events]]
        assert items.tolist() == expected["history_item_id"]
        assert requests.history_timestamp[events].tolist() == expected["history_timestamp"]
        assert requests.item_ids[requests.target_item[row]] == expected["target_item_id"]
        assert requests.user_ids[row] == expected["user_id"]
        assert requests.user_features["gender"][row] == expected["gender"]


def test_what_is_fitted_is_what_the_test_requests_know(prepared):
    # Everybody has a test event here, so both hold all events but the newest of each user.
    fitted, requests = read_histories(prepared.path, "fit"), read_requests(prepared.path, "test")
    assert fitted.user_ids.tolist() == requests.user_ids.tolist()
    for name in ("indptr", "history_item", "history_rating", "history_timestamp"):
        np.testing.assert_array_equal(getattr(fitted, name), getattr(requests, name))


def test_baselines_find_what_was_planted(prepared):
    requests = read_requests(prepared.path, "test")
    figures = {
        name: evaluate_ranking(requests, scorer, batch_size=50)
        for name, scorer in fit_baselines(read_histories(prepared.path, "fit")).items()
    }
    ndcg = {name: values["ndcg@10"] for name, values in figures.items()}
    # The more a model knows of the order of events, the better it knows what comes next.
    assert ndcg["markov"] > ndcg["ease_half_life"] > ndcg["ease"] > 2 * ndcg["popularity"]
    assert figures["markov"]["hr@10"] > 0.8


def test_the_bias_model_beats_the_mean_rating(prepared):
    requests = read_requests(prepared.path, "test")
    bias = BiasModel.fit(read_histories(prepared.path, "fit"))
    mean = np.full(len(requests), bias.mean)
    error = rmse(bias.predict(requests, requests.rows), requests.target_rating)
    assert error < 0.95 * rmse(mean, requests.target_rating)
