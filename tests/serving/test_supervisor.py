"""Several workers, and what becomes of them."""

import os
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import grpc
import pytest

from schemas import recommender_pb2 as pb
from schemas import recommender_pb2_grpc
from schemas.artifacts import ROOT
from serving.sockets import reserved
from tests.serving.watched_server import OWN_CONNECTION, is_alive, until, watched_server

pytestmark = pytest.mark.slow


def ask_all(target, users, connections=24):
    """How many items calls got, each over a connection of its own."""

    def ask(user):
        request = pb.RecommendRequest(viewers=[pb.Viewer(user_id=user)], k=3)
        with grpc.insecure_channel(target, OWN_CONNECTION) as channel:
            recommend = recommender_pb2_grpc.RecommenderStub(channel).Recommend
            return len(recommend(request, timeout=30).recommendations)

    with ThreadPoolExecutor(4) as pool:
        return set(pool.map(ask, (users * connections)[:connections]))


def test_workers_share_the_requests_and_dead_ones_are_replaced(run_dir, tmp_path, users):
    profiles = f"sqlite:{tmp_path / 'events.sqlite'}"
    with watched_server(run_dir, tmp_path, workers=2, profiles=profiles) as server:
        first = server.workers()
        assert len(first) == 2
        assert server.count("matinee_workers") == 2
        assert ask_all(server.target, users) == {3}
        answered = {line["process"] for line in server.lines("") if line.get("rpc")}
        assert answered == set(first)
        assert server.count('matinee_requests_total{code="OK",rpc="recommend"}') == 24

        os.kill(first[0], signal.SIGKILL)
        until(lambda: server.count("matinee_worker_restarts_total") == 1, "it is missed")
        until(lambda: len(server.workers()) == 3, "another is there")
        until(lambda: server.count("matinee_workers") == 2, "there are two")
        assert [line["exit_code"] for line in server.lines("a worker has ended unasked")] == [-9]
        assert ask_all(server.target, users) == {3}
        assert server.count('matinee_requests_total{code="OK",rpc="recommend"}') == 48

        server.running.process.send_signal(signal.SIGTERM)
        assert server.running.process.wait(30) == 0
        assert not any(map(is_alive, server.workers()))


def test_workers_end_with_their_supervisor(run_dir, tmp_path, users):
    with watched_server(run_dir, tmp_path, host="::1") as server:
        assert server.target.startswith("[::1]:")
        assert ask_all(server.target, users[:1], connections=1) == {3}
        (worker,) = server.workers()
        assert is_alive(worker)
        server.running.process.kill()
        until(lambda: not is_alive(worker), "the worker has ended")
        port = int(server.target.rpartition(":")[2])
        until(lambda: not _is_taken(port), "the port is free")


def _is_taken(port):
    try:
        with reserved("::1", port):
            return False
    except OSError:
        return True


def test_a_signal_while_the_models_are_loaded(run_dir, tmp_path):
    log = tmp_path / "log"
    command = [sys.executable, "-m", "serving", "--run", str(run_dir), "--port", "0"]
    with log.open("w") as stderr:
        process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=stderr)
        children = Path(f"/proc/{process.pid}/task/{process.pid}/children")
        until(children.read_text, "a worker is starting")
        worker = int(children.read_text())
        started = time.monotonic()
        process.send_signal(signal.SIGTERM)
        output, _ = process.communicate(timeout=60)
    assert (process.returncode, output) == (0, b"")
    assert time.monotonic() - started < 10
    assert not is_alive(worker)
    assert "Traceback" not in log.read_text()
