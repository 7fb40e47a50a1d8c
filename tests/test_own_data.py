"""Anybody's own data, from a card and no line of code to an answer over gRPC."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator

import grpc
import numpy as np
import pyarrow.parquet as pq
import pytest

from matinee import Stages
from pipeline.adopt import adopt
from schemas import recommender_pb2 as pb
from schemas.artifacts import Artifact
from schemas.config import Config
from schemas.prepared import item_sizes, load_histories, load_item_table
from serving.client import Client, ClientError
from serving.own_process import server_process
from tests.conftest import TINY
from tests.library import shelfmark, write_library

pytestmark = pytest.mark.slow

CONFIG: Config = dataclasses.replace(
    TINY,
    retrieval=dataclasses.replace(TINY.retrieval, epochs=20),
    ranking=dataclasses.replace(TINY.ranking, epochs=2),
)


@pytest.fixture(scope="module")
def stages(tmp_path_factory: pytest.TempPathFactory) -> Stages:
    return Stages(tmp_path_factory.mktemp("runs") / "library", CONFIG)


@pytest.fixture(scope="module")
def prepared(stages: Stages, tmp_path_factory: pytest.TempPathFactory) -> Artifact:
    """The library through the real Beam job."""
    card = write_library(tmp_path_factory.mktemp("library"))
    return stages.prepare(adopt(card), [])


@pytest.fixture(scope="module")
def metrics(stages: Stages, prepared: Artifact) -> dict[str, dict[str, float]]:
    """Figures of models that were trained on it."""
    stages.train_retrieval()
    stages.index()
    stages.train_ranking()
    return stages.evaluate().figures


@pytest.fixture(scope="module")
def client(stages: Stages, metrics: object) -> Iterator[Client]:
    with server_process(stages.run, None) as target, Client(target) as asking:
        yield asking


def test_what_was_prepared(prepared: Artifact) -> None:
    rows = prepared.figures["rows"]
    assert rows["rejected"] == 0 and rows["users"] == 120 and rows["items"] == 80
    catalogue = pq.read_table(prepared.path / "catalogue.parquet").to_pylist()
    assert [book["item_id"] for book in catalogue] == sorted(map(shelfmark, range(80)))
    assert catalogue[0]["subjects"][:2] in [
        [s, "novel"] for s in ("sea", "murder", "love", "space")
    ]
    profile = pq.read_table(prepared.path / "profiles.parquet").to_pylist()[0]
    assert profile["user_id"] == "R000"
    assert set(profile) == {"user_id", "history_item_id", "history_rating", "history_timestamp"}
    assert profile["history_timestamp"] == sorted(profile["history_timestamp"])
    assert np.isnan(profile["history_rating"]).all()


def test_what_models_read(prepared: Artifact) -> None:
    # 80 books each with a subject that is its own: under min_count = 2 four subjects and "novel"
    # stay, and all others share a bucket. Padding comes first.
    assert item_sizes(prepared)["subjects"] == 1 + 5 + 1
    table = load_item_table(prepared)
    assert table["blurb"].shape[1] == 8
    assert (table["blurb"][1:81] > 0).all()
    assert (table["publisher"][1:81] == 0).sum() == 12  # every seventh says "n/a"
    assert (table["pages"][1:81] == 0).sum() == 16  # every fifth says nothing
    assert np.isnan(load_histories(prepared, "train").rating).all()


def test_what_it_is_worth(metrics: dict[str, dict[str, float]]) -> None:
    assert metrics["two_stage"]["ndcg@10"] > 2 * metrics["popularity"]["ndcg@10"]
    assert not {"rating", "pair"} & set(metrics)


def test_a_reader_is_answered(client: Client) -> None:
    answer = client.recommend(["R001"], k=5)
    assert answer.objective == pb.WATCH_NEXT
    assert len(answer.recommendations) == 5
    for recommended in answer.recommendations:
        assert recommended.source == pb.PERSONAL
        assert recommended.item.features["subjects"].values[1] == "novel"
        assert recommended.scores.HasField("watch_next")
        assert not recommended.scores.HasField("joint_rating")
        assert not recommended.scores.viewer_ratings


def test_somebody_in_the_middle_of_a_series(client: Client) -> None:
    events = [pb.Event(item_id=shelfmark(8 + part)) for part in range(4)]
    answer = client.recommend(anonymous=[pb.AnonymousViewer(events=events)], k=10)
    found = [recommended.item.item_id for recommended in answer.recommendations]
    assert found.index(shelfmark(8 + 4)) < 3


def test_readers_together_get_what_they_would_read_next(client: Client) -> None:
    answer = client.recommend(["R001", "R002"], k=5)
    assert answer.objective == pb.WATCH_NEXT and len(answer.recommendations) == 5


def test_ratings_are_not_made_up(client: Client) -> None:
    with pytest.raises(ClientError, match="objective: expected WATCH_NEXT") as refused:
        client.recommend(["R001"], k=5, objective=pb.RATING)
    assert refused.value.code is grpc.StatusCode.FAILED_PRECONDITION
    rated = pb.AnonymousViewer(events=[pb.Event(item_id=shelfmark(1), rating=5)])
    with pytest.raises(ClientError, match="rating: expected none, for the data has none, got 5"):
        client.recommend(anonymous=[rated], k=5)


def test_what_the_server_says_of_itself(client: Client) -> None:
    info = client.model_info()
    assert dict(info.item_features) == {
        **{"subjects": "multi_categorical", "blurb": "text", "pages": "numeric"},
        **{"bought": "timestamp", "publisher": "categorical"},
    }
    assert not info.user_features
    assert info.rating_min == info.rating_max == 0
