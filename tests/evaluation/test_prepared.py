"""The baselines on what the pipeline really writes, where the next item follows from the last."""

import numpy as np
import pyarrow.parquet as pq
import pytest

from evaluation.baselines.bias import BiasModel
from evaluation.histories import read_histories
from evaluation.item_features import read_item_features
from evaluation.metrics.errors import rmse
from evaluation.requests import read_requests
from evaluation.suite import measure, rank_baselines
from schemas.config import EvaluateConfig


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
    requests, fitted = read_requests(prepared.path, "test"), read_histories(prepared.path, "fit")
    genres = read_item_features(prepared.path, ())
    config = EvaluateConfig(batch_size=50, resamples=200)
    lists = rank_baselines(requests, fitted, config)
    figures = measure(lists, requests, fitted, genres, config).metrics
    ndcg = {name: figures[name]["ndcg@10"] for name in lists}
    # The more a model knows of the order of events, the better it knows what comes next.
    assert ndcg["markov"] > ndcg["ease_half_life"] > ndcg["ease"] > 2 * ndcg["popularity"]
    assert figures["markov"]["hr@10"] > 0.8
    low, high = figures["intervals"]["markov"]["hr@10"]
    assert low < figures["markov"]["hr@10"] < high
    assert figures["popularity"]["novelty@10"] < figures["markov"]["novelty@10"]


def test_diversity_is_that_of_the_genres(prepared):
    requests, fitted = read_requests(prepared.path, "test"), read_histories(prepared.path, "fit")
    config = EvaluateConfig(resamples=100)
    lists = rank_baselines(requests, fitted, config)
    genres = read_item_features(prepared.path, ())
    found = measure(lists, requests, fitted, genres, config).metrics["markov"]["diversity@10"]
    # A planted film has one genre, so two are alike or they are not.
    column = pq.read_table(prepared.path / "catalogue.parquet")["genres"].to_pylist()
    names = np.array([genre for (genre,) in column])[lists["markov"][:, :10]]
    differ = names[:, :, None] != names[:, None, :]
    assert found == pytest.approx(differ.sum(axis=(1, 2)).mean() / 90)


def test_the_bias_model_beats_the_mean_rating(prepared):
    requests = read_requests(prepared.path, "test")
    bias = BiasModel.fit(read_histories(prepared.path, "fit"))
    mean = np.full(len(requests), bias.mean)
    error = rmse(bias.predict(requests, requests.rows), requests.target_rating)
    assert error < 0.95 * rmse(mean, requests.target_rating)
