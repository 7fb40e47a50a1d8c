"""What clients of our server see when the model server behind it is slow, wrong or gone."""

import time

import grpc
import pytest
from grpc_health.v1 import health_pb2, health_pb2_grpc

from schemas.config import ServeConfig
from serving.client import Client, ClientError
from serving.tf_serving_export import recorded, write_models
from tests.serving.asking import ids
from tests.serving.conftest import running_server
from tests.serving.model_servers import RANKING, RETRIEVAL, Faults, model_server

STATES = health_pb2.HealthCheckResponse


@pytest.fixture(scope="module")
def exported(run_dir, tmp_path_factory):
    out = tmp_path_factory.mktemp("exported")
    write_models(recorded(run_dir, ServeConfig()), out)
    return out


@pytest.fixture
def faults(tmp_path):
    return Faults(tmp_path / "faults.json")


def serving(run_dir, tmp_path, target):
    """Our server before a model server."""
    config = tmp_path / "config.toml"
    limits = "backend_seconds = 0.5\nbackend_start_seconds = 20.0\n"
    config.write_text(f'[serve]\nbackend = "tf-serving://{target}"\n{limits}')
    return running_server(run_dir, tmp_path / "log", "--config", str(config))


def health(target):
    with grpc.insecure_channel(target) as channel:
        request = health_pb2.HealthCheckRequest()
        return health_pb2_grpc.HealthStub(channel).Check(request, timeout=10).status


def becomes(target, status, seconds):
    ends = time.monotonic() + seconds
    while health(target) != status:
        assert time.monotonic() < ends, STATES.ServingStatus.Name(health(target))
        time.sleep(0.05)


def failure(client, users):
    """Code and message of a request that fails, and how many seconds it took."""
    started = time.monotonic()
    with pytest.raises(ClientError) as caught:
        client.recommend(users=users)
    return caught.value.code.name, str(caught.value), time.monotonic() - started


def test_slow_and_wrong_answers_reach_clients_as_what_they_are(
    run_dir, tmp_path, exported, faults, users, recommender
):
    with (
        model_server(exported, faults) as target,
        serving(run_dir, tmp_path, target) as server,
        Client(server.target, deadline_seconds=10) as client,
    ):
        expected = client.recommend(users=users[:2], explain=True)
        assert expected.versions == recommender.model_info(None, "").versions

        faults.set(**{RANKING: {"sleep": 5}})
        code, message, seconds = failure(client, users[:2])
        assert code == "DEADLINE_EXCEEDED"
        assert seconds < 2
        # Requests without the ranker are none the worse.
        assert client.similar_items(expected.recommendations[0].item.item_id).items

        for wrong, got in [
            ("missing", "got none"),
            ("shape", "got float32 [1, "),
            ("dtype", "got int64 [1, "),
        ]:
            faults.set(**{RANKING: {"outputs": {"joint_rating": wrong}}})
            code, message, _ = failure(client, users[:2])
            assert code == "INTERNAL"
            assert f"{RANKING} " in message
            assert "serving_default: expected joint_rating float32 [1, " in message
            assert got in message
        assert health(server.target) == STATES.SERVING

        faults.set(**{RETRIEVAL: {"unavailable": 2}})
        assert ids(client.recommend(users=users[:2])) == ids(expected)

        faults.clear()
        again = client.recommend(users=users[:2], explain=True)
        assert [r.scores for r in again.recommendations] == [
            r.scores for r in expected.recommendations
        ]
        written = server.log.read_text()
        assert "serving_default: expected joint_rating" in written
        assert users[0] not in [word for line in written.splitlines() for word in line.split()]


def test_a_model_server_that_is_killed_and_started_again(
    run_dir, tmp_path, exported, faults, users
):
    with model_server(exported, faults) as target:
        entered = serving(run_dir, tmp_path, target)
        server = entered.__enter__()
    try:
        client = Client(server.target, deadline_seconds=10)
        code, message, seconds = failure(client, users[:1])
        assert code == "UNAVAILABLE"
        assert "the model server does not answer" in message
        assert seconds < 2
        becomes(server.target, STATES.NOT_SERVING, 10)
        with model_server(exported, faults, port=int(target.rpartition(":")[2])):
            becomes(server.target, STATES.SERVING, 10)
            assert client.recommend(users=users[:1]).recommendations
        assert "the models answer again" in server.log.read_text()
        becomes(server.target, STATES.NOT_SERVING, 10)
    finally:
        entered.__exit__(None, None, None)


def test_a_server_whose_models_are_nowhere_does_not_start(run_dir, tmp_path):
    config = tmp_path / "config.toml"
    config.write_text(
        '[serve]\nbackend = "tf-serving://127.0.0.1:1"\nbackend_start_seconds = 0.5\n'
    )
    with (
        pytest.raises(AssertionError, match=r"matinee: tf-serving://127\.0\.0\.1:1: matinee_ret"),
        running_server(run_dir, tmp_path / "log", "--config", str(config)),
    ):
        pass
