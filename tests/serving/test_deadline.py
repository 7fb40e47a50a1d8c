import time
from concurrent.futures import ThreadPoolExecutor

import grpc
import pytest

from serving.deadline import Deadline, current_deadline
from serving.errors import RequestError


def test_without_a_deadline_nothing_ends():
    assert Deadline().left == current_deadline().left == float("inf")
    Deadline().check()


def test_time_runs_out():
    deadline = Deadline(0.05)
    assert 0 < deadline.left <= 0.05
    deadline.check()
    time.sleep(0.06)
    assert deadline.left == 0
    with pytest.raises(RequestError, match="deadline has passed") as caught:
        deadline.check()
    assert caught.value.code is grpc.StatusCode.DEADLINE_EXCEEDED


def test_a_client_that_hangs_up():
    deadline = Deadline(60)
    deadline.cancel()
    assert deadline.left == 0
    with pytest.raises(RequestError, match="hung up") as caught:
        deadline.run(pytest.fail)
    assert caught.value.code is grpc.StatusCode.CANCELLED


def test_each_request_has_its_own():
    deadlines = [Deadline(seconds) for seconds in (10, 20, 30)]

    def seen(expected):
        time.sleep(0.02)
        return current_deadline() is expected

    with ThreadPoolExecutor(3) as pool:
        jobs = [pool.submit(each.run, seen, each) for each in deadlines]
        assert all(job.result() for job in jobs)
        assert pool.submit(current_deadline).result() not in deadlines


def test_it_ends_with_the_work():
    before = current_deadline()
    with pytest.raises(ZeroDivisionError):
        Deadline(10).run(lambda: 1 / 0)
    assert current_deadline() is before
