"""Recording over the network: servers as processes, with stores of their own."""

import json
import subprocess
import threading
import time

import grpc
import pytest

from schemas import recommender_pb2 as pb
from schemas import recommender_pb2_grpc
from serving.client import Client, ClientError
from tests.redis_server import DURABLE, RedisServer, needs_redis
from tests.serving.conftest import running_server
from tests.serving.test_server import GRPCURL, SERVICE, ids

NOW = 1_700_000_000


def event(event_id, user_id, item_id, **fields):
    return pb.RecordEventsRequest(
        event_id=event_id, user_id=user_id, item_id=item_id, **{"timestamp": NOW} | fields
    )


def burst(name, user_id, item_ids):
    """An event of each item."""
    return [event(f"{name}-{at}", user_id, item_id) for at, item_id in enumerate(item_ids)]


@pytest.fixture(scope="module")
def log(tmp_path_factory):
    """What the first server writes."""
    return tmp_path_factory.mktemp("two") / "log"


@pytest.fixture(scope="module")
def two_servers(run_dir, log):
    """Clients of two servers that share a store, as two workers do."""
    profiles = ["--profiles", f"sqlite:{log.with_name('events.sqlite')}"]
    with (
        running_server(run_dir, log, *profiles) as first,
        running_server(run_dir, log.with_name("other-log"), *profiles) as second,
        Client(first.target, 30) as one,
        Client(second.target, 30) as other,
    ):
        yield one, other


@pytest.fixture(scope="module")
def one(two_servers):
    return two_servers[0]


def refused(call):
    with pytest.raises(ClientError) as caught:
        call()
    return str(caught.value)


def test_what_was_recorded_is_seen_by_the_next_request_of_every_server(two_servers, users):
    for number, writer in enumerate(two_servers):
        before = [ids(reader.recommend(users[:1], k=3)) for reader in two_servers]
        assert before[0] == before[1]
        best = before[0][0]
        answer = writer.record_events([event(f"watched-{number}", users[0], best, rating=4)])
        assert (answer.recorded, answer.known, len(answer.request_id)) == (1, 0, 32)
        for reader in two_servers:
            assert best not in ids(reader.recommend(users[:1], k=3))


def test_a_user_who_was_unknown(two_servers, bundle):
    one, other = two_servers
    assert "not a user of the prepared data" in one.recommend(["new"], k=3).notes[0]
    watched = bundle.catalogue.item_ids[:5]
    one.record_events(burst("new", "new", watched))
    response = other.recommend(["new"], k=3)
    assert list(response.notes) == []
    assert {one.source for one in response.recommendations} == {pb.PERSONAL}
    assert not set(watched) & set(ids(response))


def test_a_known_viewer_is_as_an_anonymous_one_with_the_same_history(one, bundle):
    watched = bundle.catalogue.item_ids[10:16]
    one.record_events(event(f"same-{at}", "same", i, timestamp=NOW + at)
                      for at, i in enumerate(watched))  # fmt: skip
    history = [pb.Event(item_id=i, timestamp=NOW + at) for at, i in enumerate(watched)]
    anonymous = one.recommend(anonymous=[pb.AnonymousViewer(events=history)], k=10)
    assert ids(one.recommend(["same"], k=10)) == ids(anonymous)


def test_sent_again_all_is_known(one, bundle):
    # More than one batch.
    events = burst("again", "again", bundle.catalogue.item_ids * 20)[:1200]
    first, second = one.record_events(events), one.record_events(events)
    assert (first.recorded, first.known) == (1200, 0)
    assert (second.recorded, second.known) == (0, 1200)


def test_no_events_at_all(one):
    answer = one.record_events([])
    assert (answer.recorded, answer.known) == (0, 0)


def test_an_event_at_fault(one, bundle):
    good = burst("fault", "fault", bundle.catalogue.item_ids[:3])
    bad = event("fault-3", "fault", "no such item")
    later = event("fault-4", "fault", bundle.catalogue.item_ids[4])
    assert refused(lambda: one.record_events([*good, bad, later])) == (
        "INVALID_ARGUMENT: events[3].item_id: expected an item of the catalogue, got "
        "'no such item'; the 3 events before it are recorded"
    )
    answer = one.record_events([*good, later])
    assert (answer.recorded, answer.known) == (1, 3)


def test_more_events_than_a_call_may_have(one, bundle):
    events = burst("many", "many", [bundle.catalogue.item_ids[0]] * 10_001)
    assert refused(lambda: one.record_events(events)) == (
        "INVALID_ARGUMENT: events: expected at most 10000 in a call, got more; the 10000 events "
        "before it are recorded"
    )
    assert one.record_events(events[:10_000]).known == 10_000


def test_a_message_that_is_too_large(one):
    message = refused(lambda: one.record_events([event("large", "u" * (1 << 21), "i")]))
    assert message.startswith("RESOURCE_EXHAUSTED: ")


def test_a_client_that_hangs_up_loses_nothing_acknowledged(one, bundle):
    item_ids = bundle.catalogue.item_ids
    acknowledged = burst("kept", "hung", item_ids[:5])
    one.record_events(acknowledged)
    goes_on = threading.Event()

    def endless():
        yield from burst("half", "hung", item_ids[5:8])
        goes_on.wait(20)

    with grpc.insecure_channel(one._target) as channel:
        call = recommender_pb2_grpc.RecommenderStub(channel).RecordEvents.future(endless())
        time.sleep(0.3)
        call.cancel()
        goes_on.set()
    with pytest.raises(grpc.FutureCancelledError):
        call.result()
    assert one.record_events(acknowledged).known == 5
    # What was not acknowledged may be there or not; sent again it is there.
    again = one.record_events(burst("half", "hung", item_ids[5:8]))
    assert again.recorded + again.known == 3
    assert not set(item_ids[:8]) & set(ids(one.recommend(["hung"], k=20)))


def test_a_deadline_in_the_middle(one, bundle):
    def slow():
        for sent in burst("slow", "slow", bundle.catalogue.item_ids[:50]):
            yield sent
            time.sleep(0.05)

    with Client(one._target, deadline_seconds=0.5) as hasty:
        assert refused(lambda: hasty.record_events(slow())).startswith("DEADLINE_EXCEEDED: ")
    answer = one.record_events(burst("slow", "slow", bundle.catalogue.item_ids[:50]))
    assert answer.recorded + answer.known == 50


def test_grpcurl_sends_a_stream(one, bundle):
    messages = "\n".join(
        json.dumps({"eventId": f"curl-{at}", "userId": "curl", "itemId": item_id, "rating": 3})
        for at, item_id in enumerate(bundle.catalogue.item_ids[:3])
    )
    command = [GRPCURL, "-plaintext", "-d", "@", one._target, f"{SERVICE}/RecordEvents"]
    done = subprocess.run(
        command, input=messages, capture_output=True, text=True, timeout=60, check=True
    )
    assert json.loads(done.stdout)["recorded"] == 3


def test_logs_say_nothing_of_people(one, log, bundle):
    item_id = bundle.catalogue.item_ids[0]
    one.record_events([event("secret-event", "secret-user", item_id)])
    refused(lambda: one.record_events([event("secret-event-2", "secret-user", "secret-item")]))
    one.recommend(["secret-user"])
    written = log.read_text()
    assert "record_events OK" in written
    assert "record_events INVALID_ARGUMENT" in written
    assert "secret" not in written


@needs_redis
def test_redis_is_away_and_comes_back(run_dir, tmp_path, users, bundle, as_anonymous):
    redis = RedisServer(tmp_path, *DURABLE)
    redis.start()
    try:
        with (
            running_server(run_dir, tmp_path / "log", "--profiles", redis.url) as server,
            Client(server.target, 30) as client,
        ):
            best = ids(client.recommend(users[:1], k=1))
            assert client.record_events([event("e1", users[0], best[0])]).recorded == 1
            redis.stop()
            away = f"UNAVAILABLE: the event store does not answer: Redis at 127.0.0.1:{redis.port}"
            more = [event("e2", users[0], bundle.catalogue.item_ids[0])]
            assert refused(lambda: client.record_events(more)).startswith(away)
            assert refused(lambda: client.recommend(users[:1])).startswith(away)
            # Who brings a history needs no store.
            assert client.recommend(anonymous=[as_anonymous(users[1])]).recommendations
            redis.start()
            assert best[0] not in ids(client.recommend(users[:1], k=20))
            answer = client.record_events([event("e1", users[0], best[0]), *more])
            assert (answer.recorded, answer.known) == (1, 1)
    finally:
        redis.kill()
