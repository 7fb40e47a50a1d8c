"""The service in this process: what clients and logs get when something goes wrong inside."""

import asyncio
import dataclasses
import logging
import sqlite3
from concurrent.futures import ThreadPoolExecutor

import grpc
import pytest

from schemas import recommender_pb2 as pb
from schemas import recommender_pb2_grpc
from schemas.config import ServeConfig
from serving import sqlite_file
from serving.errors import REQUEST_ID
from serving.event_store.sqlite import SqliteEvents
from serving.recommender import Recommender
from serving.service import RecommenderService


class LostDisk:
    """A profile store that fails, with personal data in its message."""

    def get(self, user_id):
        raise OSError(f"cannot read the profile of {user_id}")

    def __len__(self):
        return 0


async def outcome(call):
    try:
        return await call
    except grpc.aio.AioRpcError as error:
        return error


def ask(recommender, *requests):
    """The answers of a fresh server to requests sent one after another, errors included.

    A list is a stream of events.
    """

    async def talk():
        server = grpc.aio.server()
        with ThreadPoolExecutor(2) as pool:
            recommender_pb2_grpc.add_RecommenderServicer_to_server(
                RecommenderService(recommender, pool, 4), server
            )
            port = server.add_insecure_port("127.0.0.1:0")
            await server.start()
            async with grpc.aio.insecure_channel(f"127.0.0.1:{port}") as channel:
                stub = recommender_pb2_grpc.RecommenderStub(channel)
                methods = {
                    pb.RecommendRequest: stub.Recommend,
                    pb.GetModelInfoRequest: stub.GetModelInfo,
                    list: stub.RecordEvents,
                }
                answers = [await outcome(methods[type(r)](r, timeout=30)) for r in requests]
            await server.stop(None)
        return answers

    return asyncio.run(talk())


def recommend(user_id):
    return pb.RecommendRequest(viewers=[pb.Viewer(user_id=user_id)], k=3)


def test_an_unexpected_error(bundle, caplog):
    broken = Recommender(dataclasses.replace(bundle, profiles=LostDisk()), ServeConfig())
    with caplog.at_level(logging.INFO):
        error, info = ask(broken, recommend("secret-user"), pb.GetModelInfoRequest())
    assert error.code() is grpc.StatusCode.INTERNAL
    said, request_id = error.details().rsplit(" ", 1)
    assert said == "internal error, request"
    # The server goes on, and its log has the id and the place but nothing of the person.
    assert info.items == len(bundle.catalogue)
    assert f"{request_id} failed: OSError" in caplog.text
    (frames,) = [r.fields["frames"] for r in caplog.records if r.levelname == "ERROR"]
    assert "in get" in frames
    assert "secret-user" not in frames
    assert "secret-user" not in caplog.text


def test_failed_requests_give_their_slot_back(bundle):
    broken = Recommender(dataclasses.replace(bundle, profiles=LostDisk()), ServeConfig())
    answers = ask(broken, *[recommend("u")] * 10)
    assert {answer.code() for answer in answers} == {grpc.StatusCode.INTERNAL}


def test_logs_name_nobody(recommender, caplog):
    with caplog.at_level(logging.DEBUG):
        (answer,) = ask(recommender, recommend("secret-user"))
    assert f"{answer.request_id} recommend OK" in caplog.text
    assert "secret-user" not in caplog.text


@pytest.mark.parametrize("k", [-1, 0])
def test_a_refusal_is_no_internal_error(recommender, users, caplog, k):
    request = recommend(users[0])
    request.k = k
    (error,) = ask(recommender, request)
    assert error.code() is grpc.StatusCode.INVALID_ARGUMENT
    assert error.details() == f"k: expected 1 to 500, got {k}"
    assert "failed" not in caplog.text


def watched(item_id, event_id="e"):
    return pb.RecordEventsRequest(event_id=event_id, user_id="secret-user", item_id=item_id)


def test_a_store_that_does_not_answer(bundle, tmp_path, monkeypatch, caplog):
    monkeypatch.setattr(sqlite_file, "BUSY_SECONDS", 0.1)
    path = tmp_path / "events.sqlite"
    recommender = Recommender(bundle, ServeConfig(), SqliteEvents(path))
    events = [watched(bundle.catalogue.item_ids[0])]
    with sqlite3.connect(path, isolation_level=None) as other:
        other.execute("BEGIN IMMEDIATE")
        (error,) = ask(recommender, events)
        other.execute("ROLLBACK")
    assert error.code() is grpc.StatusCode.UNAVAILABLE
    assert error.details() == "the event store does not answer: database is locked"
    ((key, request_id),) = error.trailing_metadata()
    assert key == REQUEST_ID
    assert f"{request_id}: the event store does not answer" in caplog.text
    (answer,) = ask(recommender, events)
    assert (answer.recorded, answer.known) == (1, 0)
    assert "secret-user" not in caplog.text


def test_a_server_that_records_nothing(recommender, users, bundle):
    events = [watched(bundle.catalogue.item_ids[0])]
    error, answer = ask(recommender, events, recommend(users[0]))
    assert error.code() is grpc.StatusCode.FAILED_PRECONDITION
    assert error.details().startswith("this server records no events: ")
    assert answer.recommendations


def test_batches_of_a_stream_are_all_recorded(bundle, tmp_path):
    item_ids = bundle.catalogue.item_ids
    store = SqliteEvents(tmp_path / "events.sqlite")
    config = ServeConfig(event_batch=3, max_events=10)
    events = [watched(item_ids[at], f"e{at}") for at in range(10)]
    recommender = Recommender(bundle, config, store)
    first, second, third = ask(recommender, events[:7], events, [*events, *events])
    assert (first.recorded, first.known) == (7, 0)
    assert (second.recorded, second.known) == (3, 7)
    assert third.code() is grpc.StatusCode.INVALID_ARGUMENT
    (history,) = store.read(["secret-user"], 100)
    assert list(history.item_ids) == item_ids[:10]
