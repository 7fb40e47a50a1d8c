"""With real child processes."""

import subprocess
import sys
import time
from pathlib import Path

import pytest

from serving import own_process
from serving.client import Client
from serving.own_process import announced, server_process

READY = "print('loading'); print('matinee: serving on 127.0.0.1:1', flush=True)"


@pytest.fixture
def child(tmp_path):
    """Function: the command of a child that notes its process id and then runs some code."""
    (tmp_path / "child.py").write_text(
        "import os, signal, sys, time\n"
        f"open({str(tmp_path / 'pid')!r}, 'w').write(str(os.getpid()))\n"
        "exec(sys.argv[1])\n"
    )
    return lambda code: [sys.executable, str(tmp_path / "child.py"), code]


@pytest.fixture
def gone(tmp_path):
    """Function: whether the child has ended and was waited for."""
    return lambda: not Path("/proc", (tmp_path / "pid").read_text()).exists()


def test_a_run_is_served(run_dir):
    with server_process(run_dir, None) as target, Client(target, 30) as client:
        assert client.model_info().items > 0


def test_a_directory_that_is_no_run(tmp_path):
    with (
        pytest.raises(RuntimeError, match=f"the server of {tmp_path} stopped before it was ready"),
        server_process(tmp_path, None),
    ):
        pass


def test_the_child_runs_for_the_block_and_no_longer(child, gone):
    with announced(child(f"{READY}; time.sleep(600)"), "it", 60) as target:
        assert target == "127.0.0.1:1"
        assert not gone()
    assert gone()


@pytest.mark.parametrize(
    "code",
    [
        "time.sleep(600)",
        "print('half a line', end='', flush=True); time.sleep(600)",
        "while True: print('loading')",
    ],
)
def test_a_child_that_is_never_ready(child, gone, code):
    started = time.monotonic()
    with (
        pytest.raises(RuntimeError, match=r"^it was not ready after 2 s, and was stopped$"),
        announced(child(code), "it", 2.0),
    ):
        pass
    assert 2.0 <= time.monotonic() - started < 10.0
    assert gone()


def test_a_child_that_ends_at_once(child):
    with (
        pytest.raises(RuntimeError, match=r"^it stopped before it was ready$"),
        announced(child("print('serving nothing')"), "it", 60),
    ):
        pass


def test_a_child_that_will_not_stop_is_killed(child, gone, monkeypatch):
    monkeypatch.setattr(own_process, "STOP_SECONDS", 0.5)
    deaf = f"signal.signal(signal.SIGTERM, signal.SIG_IGN); {READY}; time.sleep(600)"
    with announced(child(deaf), "it", 60):
        pass
    assert gone()


def test_an_error_in_the_block_ends_the_child(child, gone):
    with (
        pytest.raises(subprocess.SubprocessError),
        announced(child(f"{READY}; time.sleep(600)"), "it", 60),
    ):
        raise subprocess.SubprocessError
    assert gone()
