"""The service in this process: what clients and logs get when something goes wrong inside."""

import asyncio
import dataclasses
import logging
from concurrent.futures import ThreadPoolExecutor

import grpc
import pytest

from schemas import recommender_pb2 as pb
from schemas import recommender_pb2_grpc
from schemas.config import ServeConfig
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
    """The answers of a fresh server to requests sent one after another, errors included."""

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
    assert "in get" in caplog.text
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
