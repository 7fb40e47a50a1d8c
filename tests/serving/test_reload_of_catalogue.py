"""Changes of the catalogue and new versions at once, by way of real processes."""

from contextlib import ExitStack

import grpc
import pytest

from benchmarks.built_again import build_again, point_latest
from commands.stages import Stages
from schemas import recommender_pb2 as pb
from schemas import recommender_pb2_grpc
from serving.client import Client
from tests.conftest import TINY
from tests.serving.build import copied_run
from tests.serving.test_catalogue_over_the_network import FILM, knows
from tests.serving.watched_server import OWN_CONNECTION, until, watched_server

pytestmark = pytest.mark.slow

CONNECTIONS = 8
"""That all of them are with one worker of two happens once in 128 times, and harms nothing."""


@pytest.fixture
def run(run_dir, tmp_path):
    return copied_run(run_dir, tmp_path / "run")


class Alone(Client):
    """A client with a connection of its own, so that the kernel chooses a worker for it."""

    def __init__(self, target):
        super().__init__(target, 30)
        self._channel.close()
        self._channel = grpc.insecure_channel(target, OWN_CONNECTION)
        self._stub = recommender_pb2_grpc.RecommenderStub(self._channel)


def test_workers_of_a_reload_know_what_was_changed_before_and_after(run, tmp_path, users):
    with (
        watched_server(run, tmp_path, workers=2) as server,
        Client(server.target, 30) as client,
        ExitStack() as clients,
    ):
        others = [clients.enter_context(Alone(server.target)) for _ in range(CONNECTIONS)]
        assert client.upsert_items({"film-before": FILM}).added == 1
        for other in others:
            until(lambda other=other: knows(other, "film-before"), "both workers know it")
        build_again(run, "again")
        for stage in ("retrieval", "index", "ranking"):
            point_latest(run, stage, "again")
        until(lambda: server.lines("new versions: serving"), "the new versions are served")
        for other in others:
            until(lambda other=other: versions(other) == "again", "all clients have moved")
        assert all(knows(other, "film-before") for other in others)
        assert client.model_info().changes.added == 1
        (found,) = client.recommend(users[:1], allow=["film-before"]).recommendations
        assert found.source == pb.NEW_ITEM
        assert client.upsert_items({"film-after": FILM}).added == 1
        assert client.delete_items(["film-before"]).deleted == 1
        for other in others:
            until(lambda other=other: knows(other, "film-after"), "both new workers know it")
            until(lambda other=other: not knows(other, "film-before"), "and that this is gone")
        assert server.count('matinee_requests_total{code="OK",rpc="upsert_items"}') == 2
        assert server.count('matinee_requests_total{code="OK",rpc="delete_items"}') == 1
        assert server.count('matinee_request_seconds_count{rpc="upsert_items"}') == 2
        lines = [line for line in server.lines("") if line.get("rpc") == "upsert_items"]
        assert [line["code"] for line in lines] == ["OK", "OK"]
        assert not [line for line in server.lines("") if "film-" in str(line)]


def test_an_index_with_the_changes_merged_is_gone_over_to(run, tmp_path):
    with watched_server(run, tmp_path) as server, Client(server.target, 30) as client:
        client.upsert_items({"film-merged": FILM})
        index = Stages(run, TINY).index_with_changes("sqlite:")
        client.upsert_items({"film-later": FILM})
        until(lambda: client.model_info().versions.index == index.version, "it is served")
        info = client.model_info()
        assert info.changes.added == 2
        assert knows(client, "film-merged")
        assert knows(client, "film-later")


def versions(client):
    return client.model_info().versions.index
