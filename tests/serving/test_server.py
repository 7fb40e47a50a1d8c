"""The server as a process, spoken to over the network."""

import json
import signal
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import grpc
import pytest
from grpc_health.v1 import health_pb2, health_pb2_grpc

from schemas import recommender_pb2 as pb
from schemas import recommender_pb2_grpc
from schemas.artifacts import ROOT
from serving.client import Client, ClientError
from tests.serving.asking import ids
from tests.serving.conftest import running_server

GRPCURL = str(Path(sys.executable).with_name("grpcurl"))
SERVICE = "matinee.v1.Recommender"


def health(target, service=""):
    with grpc.insecure_channel(target) as channel:
        request = health_pb2.HealthCheckRequest(service=service)
        return health_pb2_grpc.HealthStub(channel).Check(request, timeout=10).status


def grpcurl(*arguments):
    return subprocess.run(
        [GRPCURL, "-plaintext", *arguments], capture_output=True, text=True, timeout=60, check=False
    )


def test_a_recommendation_equals_the_one_in_this_process(client, recommender, users):
    request = pb.RecommendRequest(viewers=[pb.Viewer(user_id=users[0])], k=10)
    here = recommender.recommend(request, "test")
    there = client.recommend(users=users[:1], k=10)
    assert ids(there) == ids(here)
    assert there.recommendations[0].scores.score == pytest.approx(
        here.recommendations[0].scores.score, rel=1e-4
    )
    assert len(there.request_id) == 32


def test_the_order_of_two_viewers_does_not_matter(client, users):
    a, b = users[:2]
    one, other = client.recommend(users=[a, b]), client.recommend(users=[b, a])
    assert [r.scores.score for r in one.recommendations] == pytest.approx(
        [r.scores.score for r in other.recommendations], abs=1e-3
    )


def test_known_and_anonymous_viewers(client, users, as_anonymous):
    named = client.recommend(users=users[:2])
    nameless = client.recommend(users=users[:1], anonymous=[as_anonymous(users[1])])
    assert ids(named) == ids(nameless)


def test_client_arguments_arrive(client, users):
    best = ids(client.recommend(users=users[:1], k=1))
    response = client.recommend(
        users=users[:1],
        k=5,
        exclude=best,
        seen_policy=pb.INCLUDE_SEEN,
        objective=pb.RATING,
    )
    assert len(response.recommendations) == 5
    assert not set(best) & set(ids(response))
    assert response.objective == pb.RATING
    catalogue = {stage.stage: stage for stage in response.stages}["filter"]
    assert catalogue.items_in - catalogue.items_out == 1


def test_filters_pages_and_spread_arrive(client, bundle, users):
    genre = bundle.catalogue.features(bundle.catalogue.rows(["1"]))[0]["genres"][0]
    fields = {
        "users": users[:1],
        "k": 4,
        "conditions": [pb.Condition(feature="genres", any_of=pb.FeatureValues(values=[genre]))],
        "allow": bundle.catalogue.item_ids[:100],
        "diversity": 0.5,
        "caps": {"title": 1},
        "seen_policy": pb.INCLUDE_SEEN,
    }
    found, token = [], ""
    while token or not found:
        page = client.recommend(**fields, page_token=token)
        found += ids(page)
        token = page.next_page_token
        assert "rerank" in [stage.stage for stage in page.stages]
    features = bundle.catalogue.features(bundle.catalogue.rows(fields["allow"]))
    of_genre = [
        item_id
        for item_id, each in zip(fields["allow"], features, strict=True)
        if genre in each["genres"]
    ]
    assert sorted(found) == sorted(of_genre)
    with pytest.raises(ClientError, match="page_token: expected diversity and caps as in"):
        first = client.recommend(**fields)
        client.recommend(**(fields | {"caps": {}}), page_token=first.next_page_token)


def test_recent_events_and_candidates_arrive(client, bundle, users):
    events = {users[1]: [pb.Event(item_id=bundle.catalogue.item_ids[-1], rating=5)]}
    found = client.recommend(users=users[:2], k=5, recent=events)
    assert bundle.catalogue.item_ids[-1] not in ids(found)
    ranked = client.rank(
        [*ids(found), "no such item"], users=users[:2], recent=events, objective=pb.BLEND
    )
    assert sorted(ids(ranked)) == sorted(ids(found))
    assert list(ranked.unknown_item_ids) == ["no such item"]
    assert ranked.objective == pb.BLEND


def test_explanations_are_asked_for_and_arrive(client, users):
    plain = client.recommend(users=users[:2], k=3)
    told = client.recommend(users=users[:2], k=3, explain=True, explain_events=2)
    assert ids(told) == ids(plain)
    assert [len(r.reasons) for r in plain.recommendations] == [0, 0, 0]
    assert [len(r.reasons) for r in told.recommendations] == [2, 2, 2]


def test_similar_items_and_model_info(client, bundle):
    item_id = bundle.catalogue.item_ids[0]
    similar = client.similar_items(item_id, k=3)
    assert len(similar.items) == 3
    info = client.model_info()
    assert info.versions == similar.versions
    assert info.items == len(bundle.catalogue)


@pytest.mark.parametrize(
    ("call", "code", "message"),
    [
        (lambda c: c.recommend(), "INVALID_ARGUMENT", "viewers: expected 1 to 8, got 0"),
        (
            lambda c: c.recommend(users=["u", "v"], k=0),
            "INVALID_ARGUMENT",
            "k: expected 1 to 500, got 0",
        ),
        (lambda c: c.rank([], ["u"]), "INVALID_ARGUMENT", "item_ids: expected 1 to 1000, got 0"),
        (lambda c: c.similar_items("no such item"), "NOT_FOUND", "item_id: 'no such item' is not"),
        (
            lambda c: c.recommend(
                anonymous=[pb.AnonymousViewer(events=[pb.Event(item_id="é" * 50_000)])]
            ),
            "INVALID_ARGUMENT",
            "viewers[0].anonymous.events[0].item_id: expected an item of the catalogue, got 'éé",
        ),
        (
            lambda c: c.recommend(users=["u"], exclude=["x" * 2_000_000]),
            "RESOURCE_EXHAUSTED",
            "SERVER: Received message larger than max (20000",
        ),
    ],
)
def test_errors_reach_the_client(client, call, code, message):
    with pytest.raises(RuntimeError) as caught:
        call(client)
    assert isinstance(caught.value, ClientError)
    assert caught.value.code.name == code
    assert str(caught.value).startswith(f"{code}: {message}")


def test_a_message_that_is_no_request(server):
    with grpc.insecure_channel(server.target) as channel:
        call = channel.unary_unary(f"/{SERVICE}/Recommend")
        with pytest.raises(grpc.RpcError) as caught:
            call(b"\xff\xff\xff", timeout=10)
    # gRPC's own answer: such a message never reaches the service.
    assert caught.value.code() is grpc.StatusCode.UNKNOWN
    assert "Traceback" not in caught.value.details()
    assert health(server.target) == health_pb2.HealthCheckResponse.SERVING


def test_concurrent_requests_get_their_own_answers(client, users):
    chosen = users[:4]
    expected = {user: ids(client.recommend(users=[user])) for user in chosen}
    with ThreadPoolExecutor(8) as pool:
        asked = chosen * 10
        answers = list(pool.map(lambda user: ids(client.recommend(users=[user])), asked))
    assert answers == [expected[user] for user in asked]


def test_no_server():
    with (
        Client("127.0.0.1:1", deadline_seconds=5) as client,
        pytest.raises(ClientError, match=r"UNAVAILABLE: no server answers at 127\.0\.0\.1:1"),
    ):
        client.model_info()


def test_a_deadline_that_passes(server, users):
    with (
        Client(server.target, deadline_seconds=1e-6) as client,
        pytest.raises(ClientError, match="DEADLINE_EXCEEDED: "),
    ):
        client.recommend(users=users[:1])


@pytest.mark.parametrize("service", ["", SERVICE])
def test_health(server, service):
    assert health(server.target, service) == health_pb2.HealthCheckResponse.SERVING


def test_health_of_an_unknown_service(server):
    with pytest.raises(grpc.RpcError) as caught:
        health(server.target, "no.such.Service")
    assert caught.value.code() is grpc.StatusCode.NOT_FOUND


def test_grpcurl_lists_the_services(server):
    listed = grpcurl(server.target, "list")
    assert listed.returncode == 0, listed.stderr
    assert set(listed.stdout.split()) >= {SERVICE, "grpc.health.v1.Health"}
    methods = grpcurl(server.target, "list", SERVICE).stdout.split()
    names = (
        "DeleteItems",
        "GetModelInfo",
        "Rank",
        "Recommend",
        "RecordEvents",
        "SimilarItems",
        "UpsertItems",
    )
    assert methods == [f"{SERVICE}.{name}" for name in names]


def test_grpcurl_calls_the_service(server, users):
    request = {"viewers": [{"userId": user} for user in users[:2]], "k": 3}
    request |= {"objective": "BLEND", "groupStrategy": "LEAST_MISERY", "ratingWeight": 0.25}
    answer = grpcurl("-d", json.dumps(request), server.target, f"{SERVICE}/Recommend")
    assert answer.returncode == 0, answer.stderr
    response = json.loads(answer.stdout)
    assert len(response["recommendations"]) == 3
    assert (response["objective"], response["group_strategy"]) == ("BLEND", "LEAST_MISERY")
    assert len(response["recommendations"][0]["scores"]["viewer_ratings"]) == 2


def test_grpcurl_filters_and_ranks(server, users):
    who = {"viewers": [{"userId": users[0]}]}
    range_of_years = {"feature": "year", "range": {"least": 1950, "most": 1970}}
    asked = who | {
        "k": 3,
        "conditions": [range_of_years],
        "caps": [{"feature": "title", "atMost": 1}],
    }
    answer = grpcurl("-d", json.dumps(asked), server.target, f"{SERVICE}/Recommend")
    assert answer.returncode == 0, answer.stderr
    found = json.loads(answer.stdout)
    items = [one["item"] for one in found["recommendations"]]
    assert len(items) == 3
    assert all(1950 <= int(item["features"]["year"]["values"][0]) <= 1970 for item in items)
    asked = who | {"itemIds": [item["item_id"] for item in items]}
    answer = grpcurl("-d", json.dumps(asked), server.target, f"{SERVICE}/Rank")
    assert answer.returncode == 0, answer.stderr
    ranked = json.loads(answer.stdout)
    assert len(ranked["recommendations"]) == 3
    assert {one["source"] for one in ranked["recommendations"]} == {"GIVEN"}


def test_grpcurl_shows_an_error(server):
    answer = grpcurl("-d", '{"k": 3}', server.target, f"{SERVICE}/Recommend")
    assert answer.returncode != 0
    assert "InvalidArgument" in answer.stderr
    assert "viewers: expected 1 to 8, got 0" in answer.stderr


def test_the_concurrency_limit(run_dir, tmp_path, users):
    config = tmp_path / "config.toml"
    config.write_text("[serve]\nmax_concurrent = 2\n")
    with running_server(run_dir, tmp_path / "log", "--config", str(config)) as server:
        request = pb.RecommendRequest(viewers=[pb.Viewer(user_id=users[0])], k=10)
        with grpc.insecure_channel(server.target) as channel:
            stub = recommender_pb2_grpc.RecommenderStub(channel)
            burst = [stub.Recommend.future(request, timeout=30) for _ in range(40)]
            codes = [call.code() for call in burst]
            turned_away = [call for call in burst if call.code() is not grpc.StatusCode.OK]
            assert set(codes) == {grpc.StatusCode.OK, grpc.StatusCode.RESOURCE_EXHAUSTED}
            assert "already works on 2 requests" in turned_away[0].details()
            # The slots are free again.
            assert stub.Recommend(request, timeout=30).recommendations


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_stop_signal_lets_running_requests_finish(run_dir, tmp_path, users, number):
    with running_server(run_dir, tmp_path / "log") as server:
        request = pb.RecommendRequest(viewers=[pb.Viewer(user_id=u) for u in users[:8]], k=10)
        with grpc.insecure_channel(server.target) as channel:
            stub = recommender_pb2_grpc.RecommenderStub(channel)
            burst = [stub.Recommend.future(request, timeout=30) for _ in range(40)]
            burst[0].result()
            unfinished = [call for call in burst if not call.done()]
            server.process.send_signal(number)
            codes = [call.code() for call in burst]
        assert unfinished
        assert set(codes) == {grpc.StatusCode.OK}
        assert server.process.wait(timeout=20) == 0
    with pytest.raises(grpc.RpcError):
        health(server.target)


def test_a_taken_port(run_dir, server):
    port = server.target.rsplit(":", 1)[1]
    command = [sys.executable, "-m", "serving", "--run", str(run_dir), "--port", port]
    second = subprocess.run(
        command, cwd=ROOT, capture_output=True, text=True, timeout=120, check=False
    )
    assert second.returncode == 1
    assert f"127.0.0.1:{port}: cannot listen there" in second.stderr.splitlines()[-1]
    assert "Traceback" not in second.stderr


def test_a_directory_that_is_no_run(tmp_path):
    command = [sys.executable, "-m", "serving", "--run", str(tmp_path), "--port", "0"]
    result = subprocess.run(
        command, cwd=ROOT, capture_output=True, text=True, timeout=120, check=False
    )
    assert result.returncode == 1
    assert "expected a finished 'prepared' directory" in result.stderr.splitlines()[-1]


def test_server_logs_name_nobody(client, server):
    client.recommend(users=["secret-user"])
    written = server.log.read_text()
    assert "recommend" in written
    assert "secret-user" not in written
