"""A lock is of one process at a time, and nobody has to clean up after a killed one."""

import signal
import subprocess
import sys

import pytest

from schemas.lock import only_process

HOLD = """
import sys, time
from pathlib import Path
from schemas.lock import only_process
with only_process(Path(sys.argv[1]), "building"):
    print("held", flush=True)
    time.sleep(60)
"""


def test_another_process_is_refused_until_the_first_is_killed(tmp_path):
    path = tmp_path / "lock"
    with subprocess.Popen(
        [sys.executable, "-c", HOLD, str(path)], stdout=subprocess.PIPE, text=True
    ) as other:
        assert other.stdout.readline() == "held\n"
        alone = pytest.raises(RuntimeError, match="building: expected to be alone")
        with alone, only_process(path, "building"):
            pass
        assert path.exists()
        other.send_signal(signal.SIGKILL)
    with only_process(path, "building"):
        assert path.exists()
    assert not path.exists()


def test_it_is_let_go_after_an_error(tmp_path):
    with pytest.raises(KeyError), only_process(tmp_path / "lock", "building"):
        raise KeyError
    with only_process(tmp_path / "lock", "building"):
        pass
    assert list(tmp_path.iterdir()) == []


def test_who_opened_the_file_of_one_that_has_ended_is_not_alone(tmp_path, monkeypatch):
    path = tmp_path / "lock"
    lock = "schemas.lock.fcntl.flock"

    def ends_meanwhile(file, how):
        path.unlink()

    monkeypatch.setattr(lock, ends_meanwhile)
    with pytest.raises(RuntimeError, match="has just done it"), only_process(path, "building"):
        pass
