"""New versions under a running server, by way of real processes."""

import json
import queue
import shutil
import signal
import threading
from contextlib import contextmanager

import grpc
import pytest

from benchmarks.built_again import build_again, point_latest, served_copy
from schemas import recommender_pb2 as pb
from schemas import recommender_pb2_grpc
from schemas.artifacts import open_artifact, sha256, write_json
from serving.client import Client
from serving.run_versions import latest_versions
from serving.supervisor import RELOAD_TRIES
from tests.serving.watched_server import OWN_CONNECTION, is_alive, until, watched_server

STAGES = ("retrieval", "index", "ranking")

pytestmark = pytest.mark.slow


@pytest.fixture
def run(run_dir, tmp_path):
    return served_copy(run_dir, tmp_path / "run")


class Asking(threading.Thread):
    """Asks one request after the other over a connection of its own; none is sent twice.

    Of itself gRPC sends again what no server has seen: what meets a connection that closes.
    """

    def __init__(self, target, user):
        super().__init__()
        self._target, self._user = target, user
        self.codes, self.versions = set(), []
        self.done = threading.Event()

    def run(self):
        request = pb.RecommendRequest(viewers=[pb.Viewer(user_id=self._user)], k=3)
        with grpc.insecure_channel(self._target, OWN_CONNECTION) as channel:
            recommend = recommender_pb2_grpc.RecommenderStub(channel).Recommend
            while not self.done.wait(0.005):
                try:
                    answer = recommend(request, timeout=30)
                except grpc.RpcError as error:
                    self.codes.add(f"{error.code().name}: {error.details()}")
                    continue
                assert len(answer.recommendations) == 3
                found = answer.versions
                self.versions.append((found.retrieval, found.index, found.ranking))


@contextmanager
def asking(target, users):
    """Clients that ask until the block ends."""
    clients = [Asking(target, user) for user in users]
    for client in clients:
        client.start()
    try:
        yield clients
    finally:
        for client in clients:
            client.done.set()
        for client in clients:
            client.join()


@contextmanager
def open_stream(target):
    """A call of RecordEvents that has begun: a function that sends, and the answer."""
    sent = queue.SimpleQueue()
    with grpc.insecure_channel(target, OWN_CONNECTION) as channel:
        stub = recommender_pb2_grpc.RecommenderStub(channel)
        yield sent.put, stub.RecordEvents.future(iter(sent.get, None), timeout=120)


def event(number, item_id):
    return pb.RecordEventsRequest(event_id=f"e{number}", user_id="u", item_id=item_id)


def test_requests_in_flight_over_a_swap(run, tmp_path, users, bundle):
    before = tuple(bundle.versions[stage] for stage in STAGES)
    item_id = bundle.catalogue.item_ids[0]
    with (
        watched_server(run, tmp_path, event_wait_seconds=120.0, grace_seconds=60.0) as server,
        asking(server.target, users[:3]) as clients,
        open_stream(server.target) as (send, recorded),
    ):
        send(event(1, item_id))
        (old,) = server.workers()
        build_again(run, "again")
        for stage in STAGES:
            point_latest(run, stage, "again")
        until(lambda: server.lines("new versions: serving"), "the new versions are served")
        after = ("again", "again", "again")
        until(lambda: all(c.versions[-1] == after for c in clients), "all clients have moved")
        # The old worker has this stream still.
        assert is_alive(old)
        send(event(2, item_id))
        send(None)
        assert recorded.result().recorded == 2
        until(lambda: not is_alive(old), "the old worker has ended")
        until(lambda: server.lines("a worker has ended"), "its end is logged")
        assert len(server.workers()) == 2
        assert server.count('matinee_reloads_total{outcome="swapped"}') == 1
        served = f'index="again",prepared="{bundle.versions["prepared"]}"'
        served = f'matinee_versions{{{served},ranking="again",retrieval="again"}}'
        assert server.count(served) == 1
        assert server.count("matinee_workers") == 1
        assert server.count('matinee_events_total{outcome="recorded"}') == 2
    answered = [version for client in clients for version in client.versions]
    assert set().union(*(client.codes for client in clients)) == set()
    assert set(answered) == {before, after}
    for client in clients:
        # Each client goes from the old ones to the new ones, once.
        assert client.versions == sorted(client.versions, key=(before, after).index)
    assert '"exit_code": 0' in server.running.log.read_text()


def cut_model(run):
    """A ranker whose upload broke off."""
    build_again(run, "cut", ["ranking"])
    path = run / "ranking" / "cut" / "model" / "saved_model.pb"
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    point_latest(run, "ranking", "cut")
    return f"{path}: expected sha256 "


def wrong_model(run):
    """A ranker that is as its manifest says and takes what no ranker takes."""
    build_again(run, "wrong", ["ranking"])
    directory = run / "ranking" / "wrong"
    shutil.rmtree(directory / "model")
    shutil.copytree(open_artifact(run / "retrieval").path / "model", directory / "model")
    manifest = json.loads((directory / "manifest.json").read_text())
    files = [path for path in sorted(directory.rglob("*")) if path.is_file()]
    manifest["files"] = {
        str(path.relative_to(directory)): sha256(path)
        for path in files
        if path.name != "manifest.json"
    }
    write_json(directory / "manifest.json", manifest)
    point_latest(run, "ranking", "wrong")
    return "ranking wrong: expected the signature explain, got ["


def test_broken_versions_are_refused_and_the_old_stay(run, tmp_path, users):
    before = latest_versions(run).names
    with (
        watched_server(run, tmp_path) as server,
        Client(server.target, 30) as client,
        asking(server.target, users[:1]) as (asked,),
    ):
        for number, spoil in enumerate((wrong_model, cut_model), start=1):
            point_latest(run, "ranking", before["ranking"])
            reason = spoil(run)
            until(
                lambda number=number: len(server.lines("new versions refused")) == number,
                "they are refused",
            )
            line = server.lines("new versions refused")[-1]
            assert reason in line["message"]
            assert line["level"] == "ERROR"
            assert server.count('matinee_reloads_total{outcome="refused"}') == number
            assert client.model_info().versions.ranking == before["ranking"]
        assert len(server.workers()) == 1
        # Mended, they are tried again when the server is told to.
        good = open_artifact(run / "ranking" / before["ranking"]).path / "model"
        shutil.copytree(good, run / "ranking" / "cut" / "model", dirs_exist_ok=True)
        server.running.process.send_signal(signal.SIGHUP)
        until(
            lambda: server.count('matinee_reloads_total{outcome="swapped"}'), "mended, it is served"
        )
        until(lambda: client.model_info().versions.ranking == "cut", "the client has moved")
    assert asked.codes == set()


def test_a_reload_that_stops_half_way_goes_on_when_told_to(run, tmp_path, users):
    build_again(run, "again", ["ranking"])
    model = run / "ranking" / "again" / "model" / "saved_model.pb"
    whole = model.read_bytes()
    with watched_server(run, tmp_path, workers=2) as server, Client(server.target, 30) as client:
        point_latest(run, "ranking", "again")
        until(lambda: len(server.workers()) == 3, "the first worker of the new versions is ready")
        model.write_bytes(whole[: len(whole) // 2])
        until(
            lambda: server.count('matinee_reloads_total{outcome="partial"}') == 1,
            "the other worker is given up",
        )
        tries = server.lines("a worker does not start")
        assert len(tries) == RELOAD_TRIES
        assert all(f"{model}: expected sha256 " in line["message"] for line in tries)
        assert len(server.lines("new versions: some workers stay at the old ones")) == 1
        assert server.count("matinee_workers") == 2
        assert len(client.recommend(users=users[:1], k=3).recommendations) == 3

        model.write_bytes(whole)
        server.running.process.send_signal(signal.SIGHUP)
        until(lambda: server.count('matinee_reloads_total{outcome="swapped"}') == 1, "mended")
        assert len(server.workers()) == 4
        until(lambda: client.model_info().versions.ranking == "again", "the client has moved")


def test_a_server_that_begins_with_a_cut_file(run, tmp_path):
    reason = cut_model(run)
    with (
        pytest.raises(AssertionError, match="expected sha256"),
        watched_server(run, tmp_path) as server,
    ):
        assert server is None
    last = (tmp_path / "log").read_text().splitlines()[-1]
    assert last.startswith(f"matinee: {reason}")
