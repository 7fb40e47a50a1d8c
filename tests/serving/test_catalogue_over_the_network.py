"""Changes of the catalogue over the network: servers as processes that share a log."""

import json
import signal
import time

import pytest

from schemas import recommender_pb2 as pb
from serving.client import Client, ClientError
from tests.serving.conftest import running_server
from tests.serving.test_server import SERVICE, grpcurl

FILM = {"title": ["A new film"], "genres": ["Drama"], "year": ["1990"]}
WITHIN_SECONDS = 1.0


@pytest.fixture(scope="module")
def log(tmp_path_factory):
    """The servers' log of changes, in a directory of its own."""
    return tmp_path_factory.mktemp("two") / "catalogue.sqlite"


@pytest.fixture(scope="module")
def two_servers(run_dir, log):
    options = ["--catalogue", f"sqlite:{log}", "--profiles", "none"]
    with (
        running_server(run_dir, log.with_name("one"), *options) as first,
        running_server(run_dir, log.with_name("other"), *options) as second,
        Client(first.target, 30) as one,
        Client(second.target, 30) as other,
    ):
        yield first, one, other


def seen(client, item_id):
    return bool(client.similar_items(item_id, k=1).items)


def seconds_until(holds):
    started = time.monotonic()
    while not holds():
        assert time.monotonic() < started + 30
        time.sleep(0.01)
    return time.monotonic() - started


def knows(client, item_id):
    try:
        return seen(client, item_id)
    except ClientError as error:
        assert error.code.name == "NOT_FOUND", error
        return False


def test_seen_by_the_answering_worker_at_once_and_by_others_within_a_second(two_servers, users):
    _, one, other = two_servers
    answer = one.upsert_items({"new": FILM})
    acknowledged = time.monotonic()
    assert (answer.added, answer.changed, answer.unchanged) == (1, 0, 0)
    assert len(answer.request_id) == 32
    assert answer.changes.added == 1
    assert seen(one, "new")
    seconds_until(lambda: knows(other, "new"))
    # The time of the last answer itself is in it, on a machine that does other things too.
    assert time.monotonic() - acknowledged < WITHIN_SECONDS + 1
    for client in (one, other):
        (found,) = client.recommend(users[:1], allow=["new"]).recommendations
        assert found.source == pb.NEW_ITEM
    assert (other.delete_items(["new", "nothing"]).deleted) == 1
    assert not knows(other, "new")
    seconds_until(lambda: not knows(one, "new"))


def test_errors_reach_the_client(two_servers):
    _, one, _ = two_servers
    with pytest.raises(ClientError, match=r"INVALID_ARGUMENT: items: expected 1 to 1000, got 0"):
        one.upsert_items({})
    with pytest.raises(ClientError, match=r"items\[0\].features: expected the names \['genres', "):
        one.upsert_items({"x": {"colour": ["red"]}})


def test_grpcurl_changes_the_catalogue(two_servers):
    target = two_servers[0].target
    film = {"item_id": "curled", "features": {"title": {"values": ["Curl"]}}}
    answer = grpcurl("-d", json.dumps({"items": [film]}), target, f"{SERVICE}/UpsertItems")
    assert answer.returncode == 0, answer.stderr
    assert json.loads(answer.stdout)["added"] == 1
    answer = grpcurl("-d", '{"item_ids": ["curled"]}', target, f"{SERVICE}/DeleteItems")
    assert json.loads(answer.stdout)["deleted"] == 1


def test_kill_9_loses_no_acknowledged_change(run_dir, tmp_path, users):
    options = ["--catalogue", f"sqlite:{tmp_path}/catalogue.sqlite", "--profiles", "none"]
    acknowledged = []
    for life in range(2):
        with (
            running_server(run_dir, tmp_path / f"log{life}", *options) as server,
            Client(server.target, 30) as client,
        ):
            assert all(knows(client, item_id) for item_id in acknowledged)
            for n in range(20):
                client.upsert_items({f"{life}-{n}": FILM})
                acknowledged.append(f"{life}-{n}")
            server.process.send_signal(signal.SIGKILL)
            server.process.wait()
    with (
        running_server(run_dir, tmp_path / "log", *options) as server,
        Client(server.target, 30) as client,
    ):
        assert all(knows(client, item_id) for item_id in acknowledged)
        assert client.model_info().changes.added == 40
        found = client.recommend(users[:1], k=3, allow=acknowledged)
        assert {one.source for one in found.recommendations} == {pb.NEW_ITEM}
