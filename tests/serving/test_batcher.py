"""The batcher alone, over a function that can be held, counted and made to fail."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor

import grpc
import numpy as np
import pytest

from serving.batcher import Batcher
from serving.deadline import Deadline
from serving.errors import RequestError


class Doubling:
    """A signature that doubles `x` `[batch, width]`; each run waits while `gate` is closed."""

    def __init__(self):
        self.gate = threading.Event()
        self.gate.set()
        self.began = threading.Semaphore(0)
        self.sizes = []

    def __call__(self, inputs, shapes):
        x = inputs["x"]
        self.sizes.append(len(x))
        self.began.release()
        assert self.gate.wait(20)
        if (x == 13).any():
            raise ZeroDivisionError("thirteen")
        return {"y": x * 2}


def values(rows, width, first):
    return np.arange(first, first + rows * width, dtype=np.float32).reshape(rows, width)


def call(batcher, x):
    return batcher({"x": x}, {"y": x.shape})["y"]


def waiting(batcher, count):
    """Returns once so many calls wait."""
    ends = time.monotonic() + 10
    while len(batcher._waiting) < count:
        assert time.monotonic() < ends
        time.sleep(0.001)


def held(pool, run, batcher, xs):
    """Jobs: the first call runs and is held; the others came, in this order, and wait."""
    run.gate.clear()
    jobs = []
    for at, x in enumerate(xs):
        jobs.append(pool.submit(call, batcher, x))
        if at == 0:
            assert run.began.acquire(timeout=10)
        waiting(batcher, at)
    return jobs


@pytest.fixture
def pool():
    with ThreadPoolExecutor(16) as threads:
        yield threads


def test_a_lone_call_runs_at_once_in_its_own_thread():
    seen = []

    def run(inputs, shapes):
        seen.append((threading.current_thread(), time.perf_counter()))
        return {"y": inputs["x"]}

    batcher = Batcher(run, 8)
    for _ in range(200):
        started = time.perf_counter()
        call(batcher, values(1, 2, 0))
        thread, began = seen[-1]
        assert thread is threading.current_thread()
        seen[-1] = began - started
    assert np.median(seen) < 2e-4  # seconds


def test_calls_that_come_while_one_runs_are_taken_together(pool):
    run = Doubling()
    batcher = Batcher(run, 8)
    xs = [values(1 + at % 2, 2 + at % 3, 100 * at) for at in range(5)]
    jobs = held(pool, run, batcher, xs)
    run.gate.set()
    for job, x in zip(jobs, xs, strict=True):
        np.testing.assert_array_equal(job.result(10), x * 2)
    assert run.sizes == [1, 2 + 1 + 2 + 1]


def test_no_merged_call_has_more_rows_than_it_may(pool):
    run = Doubling()
    batcher = Batcher(run, 4)
    xs = [values(rows, 2, 10 * at + 20) for at, rows in enumerate([1, 2, 2, 1, 9, 3, 1])]
    jobs = held(pool, run, batcher, xs)
    run.gate.set()
    for job, x in zip(jobs, xs, strict=True):
        np.testing.assert_array_equal(job.result(10), x * 2)
    # In the order they came; what is too large is alone.
    assert run.sizes == [1, 4, 1, 9, 4]


def test_a_small_call_is_not_padded_to_a_large_one(pool):
    run = Doubling()
    batcher = Batcher(run, 100)
    xs = [values(1, width, 1_000 * width) for width in (1, 1, 50)]
    jobs = held(pool, run, batcher, xs)
    run.gate.set()
    for job, x in zip(jobs, xs, strict=True):
        np.testing.assert_array_equal(job.result(10), x * 2)
    # Of 1 and of 50 values: 2 * 50 are no more than twice 51.
    assert run.sizes == [1, 2]
    xs = [values(1, width, 1_000 * width) for width in (1, 1, 1, 50)]
    run.sizes.clear()
    jobs = held(pool, run, batcher, xs)
    run.gate.set()
    for job, x in zip(jobs, xs, strict=True):
        np.testing.assert_array_equal(job.result(10), x * 2)
    assert run.sizes == [1, 2, 1]  # but 3 * 50 are more than twice 52


def test_an_error_is_its_own_call_s_alone(pool):
    run = Doubling()
    batcher = Batcher(run, 8)
    bad = np.full((1, 2), 13, np.float32)
    xs = [values(1, 2, 20), values(1, 2, 30), bad, values(1, 2, 40)]
    jobs = held(pool, run, batcher, xs)
    run.gate.set()
    with pytest.raises(ZeroDivisionError, match="thirteen"):
        jobs[2].result(10)
    for at in (0, 1, 3):
        np.testing.assert_array_equal(jobs[at].result(10), xs[at] * 2)
    assert run.sizes == [1, 3, 1, 1, 1]
    np.testing.assert_array_equal(call(batcher, xs[0]), xs[0] * 2)  # it goes on


def test_an_error_of_a_lone_call(pool):
    batcher = Batcher(Doubling(), 8)
    with pytest.raises(ZeroDivisionError):
        call(batcher, np.full((1, 2), 13, np.float32))
    np.testing.assert_array_equal(call(batcher, values(1, 2, 0)), values(1, 2, 0) * 2)


def test_a_call_waits_no_longer_than_its_deadline(pool):
    run = Doubling()
    batcher = Batcher(run, 8)
    first, *_ = held(pool, run, batcher, [values(1, 2, 0)])
    started = time.monotonic()
    with pytest.raises(RequestError) as caught:
        Deadline(0.1).run(call, batcher, values(1, 2, 0))
    assert caught.value.code is grpc.StatusCode.DEADLINE_EXCEEDED
    assert 0.1 <= time.monotonic() - started < 2
    # Whoever has left cannot be asked to run the next ones.
    assert not batcher._waiting
    run.gate.set()
    first.result(10)
    assert run.sizes == [1]  # what nobody waits for is not computed


def test_what_a_client_gave_up_is_not_computed_and_harms_nobody(pool):
    run = Doubling()
    batcher = Batcher(run, 8)
    first, *_ = held(pool, run, batcher, [values(1, 2, 0)])
    deadline = Deadline(60)
    given_up = pool.submit(deadline.run, call, batcher, values(1, 2, 20))
    waiting(batcher, 1)
    other = pool.submit(call, batcher, values(1, 2, 30))
    waiting(batcher, 2)
    deadline.cancel()
    run.gate.set()
    with pytest.raises(RequestError, match="hung up"):
        given_up.result(10)
    np.testing.assert_array_equal(other.result(10), values(1, 2, 30) * 2)
    first.result(10)
    assert run.sizes == [1, 1]


def test_many_at_once_get_their_own_answers(pool):
    run = Doubling()

    def slowly(inputs, shapes):
        time.sleep(0.001)
        return run(inputs, shapes)

    batcher = Batcher(slowly, 8)
    rng = np.random.default_rng(0)
    xs = [
        rng.uniform(100, 200, (rng.integers(1, 4), rng.integers(1, 5))).astype(np.float32)
        for _ in range(400)
    ]
    answers = list(pool.map(lambda x: call(batcher, x), xs))
    for x, y in zip(xs, answers, strict=True):
        np.testing.assert_array_equal(y, x * 2)
    assert sum(run.sizes) == sum(map(len, xs))
    assert len(run.sizes) < len(xs) / 1.5
    assert not batcher._waiting
    assert not batcher._running
