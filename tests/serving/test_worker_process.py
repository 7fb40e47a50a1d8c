"""Workers from their start to their end."""

import asyncio
import os
import signal
from pathlib import Path

import pytest

from schemas.config import ServeConfig
from serving import worker_process
from serving.run_versions import RunVersions, latest_versions
from serving.sockets import reserved
from serving.worker import Task, read_task
from serving.worker_environment import FOR_SMALL_REQUESTS, worker_environment
from serving.worker_process import started
from tests.serving.watched_server import is_alive, until

NOTHING = RunVersions({})


def task(tmp_path, **config):
    paths = {
        stage: str(tmp_path / stage) for stage in ("prepared", "retrieval", "index", "ranking")
    }
    return Task(str(tmp_path), paths, ServeConfig(port=1, **config), os.getpid())


def children():
    """The processes that the main thread started; a server that other tests share may be one."""
    file = Path(f"/proc/{os.getpid()}/task/{os.getpid()}/children")
    return {int(process) for process in file.read_text().split()}


def new_child(before):
    """The process id of the only child that was not there before."""
    until(lambda: children() - before, "a worker is starting")
    (process,) = children() - before
    return process


def outcome(job, act):
    """What becomes of a worker's start after `act(start, process id)`."""

    async def run():
        before = children()
        start = asyncio.create_task(started(job, NOTHING, None))
        process = await asyncio.to_thread(new_child, before)
        act(start, process)
        await asyncio.wait([start])
        return start, process

    return asyncio.run(run())


def test_a_task_is_told_as_it_is(tmp_path):
    told = task(tmp_path, host="::1", profiles="none", connection_seconds=2.5)
    assert read_task(told.written()) == told


def test_a_worker_is_told_how_to_compute(tmp_path):
    told = []

    def look(_, process):
        told.extend(Path(f"/proc/{process}/environ").read_bytes().split(b"\0"))
        os.kill(process, signal.SIGKILL)

    start, _ = outcome(task(tmp_path), look)
    assert start.exception()
    wanted = worker_environment(os.environ)
    assert {f"{name}={wanted[name]}".encode() for name in FOR_SMALL_REQUESTS} <= set(told)


def test_a_worker_that_is_killed_before_it_answers(tmp_path):
    start, _ = outcome(task(tmp_path), lambda _, process: os.kill(process, signal.SIGKILL))
    with pytest.raises(RuntimeError, match="a worker ended with code -9 before it answered"):
        start.result()


def test_a_start_that_is_given_up(tmp_path):
    start, process = outcome(task(tmp_path), lambda start, _: start.cancel())
    assert start.cancelled()
    assert not is_alive(process)


def test_a_worker_says_why_it_cannot_serve(tmp_path):
    start, process = outcome(task(tmp_path, profiles="none"), lambda *_: None)
    with pytest.raises(RuntimeError, match="expected a finished 'prepared' directory"):
        start.result()
    assert not is_alive(process)


def test_a_worker_of_another_supervisor_ends(tmp_path):
    foreign = Task(str(tmp_path), {}, ServeConfig(), 1)
    start, _ = outcome(foreign, lambda *_: None)
    with pytest.raises(RuntimeError, match="a worker ended with code 1 before it answered"):
        start.result()


@pytest.fixture
def end(run_dir, tmp_path):
    """Function: the exit code of a worker that answers, after something was done to it."""

    def run(act):
        versions = latest_versions(run_dir)

        async def start_and_end(port):
            config = ServeConfig(port=port, profiles=f"sqlite:{tmp_path / 'events.sqlite'}")
            job = Task(str(tmp_path), versions.paths, config, os.getpid())
            worker = await started(job, versions, None)
            await act(worker)
            return await worker.ended()

        with reserved("127.0.0.1", 0) as port:
            return asyncio.run(start_and_end(port))

    return run


def test_a_worker_that_does_not_stop_shows_where_it_is(end, capfd):
    assert end(lambda worker: worker.ended_within(0.2)) == -signal.SIGKILL
    written = capfd.readouterr().err
    assert "Current thread" in written
    assert "in _watch" in written  # the thread that follows the catalogue


def test_a_worker_shows_where_it_is_and_goes_on_until_it_is_stopped(end, capfd):
    written = []

    async def asked_then_stopped(worker):
        os.kill(worker.pid, signal.SIGQUIT)
        while "in _watch" not in "".join(written):
            await asyncio.sleep(0.01)
            written.append(capfd.readouterr().err)
        assert is_alive(worker.pid)
        worker.stop()

    assert end(asked_then_stopped) == 0
    assert "stopping: up to 5.0 s" in capfd.readouterr().err


def test_a_worker_that_crashes_in_native_code_shows_where_it_was(end, capfd):
    async def crash(worker):
        os.kill(worker.pid, signal.SIGSEGV)

    assert end(crash) == -signal.SIGSEGV
    written = capfd.readouterr().err
    assert "Fatal Python error: Segmentation fault" in written
    assert "in _watch" in written


def test_a_start_that_takes_too_long_is_ended(tmp_path, monkeypatch):
    monkeypatch.setattr(worker_process, "START_SECONDS", 2.0)
    (tmp_path / "prepared").mkdir()
    os.mkfifo(tmp_path / "prepared" / "manifest.json")  # that nobody writes
    start, process = outcome(task(tmp_path, profiles="none"), lambda *_: None)
    with pytest.raises(RuntimeError, match="a worker did not answer after 2 s"):
        start.result()
    assert not is_alive(process)
