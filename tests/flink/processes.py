"""Child processes that end when the block that started them ends, whatever happens."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

POLL_SECONDS = 0.2
STOP_SECONDS = 15.0


@contextmanager
def running(
    command: Sequence[str], log: Path, environment: Mapping[str, str] | None = None
) -> Iterator[subprocess.Popen[bytes]]:
    """Runs a command in a process group of its own, and ends the whole group.

    Args:
        command: The command; it gets a signal too if this process is killed outright.
        log: Takes its output.
        environment: Added to this process's.
    """
    with log.open("ab") as output:
        process = subprocess.Popen(
            ["setpriv", "--pdeathsig", "KILL", *command],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            env=os.environ | dict(environment or {}),
            start_new_session=True,
        )
    try:
        yield process
    finally:
        stop(process)


def stop(process: subprocess.Popen[bytes]) -> None:
    """Ends a process and all that it started."""
    for number in (signal.SIGTERM, signal.SIGKILL):
        if not _alive(process.pid):
            break
        os.killpg(process.pid, number)
        deadline = time.monotonic() + STOP_SECONDS
        while _alive(process.pid) and time.monotonic() < deadline:
            process.poll()  # a zombie would keep its group alive
            time.sleep(POLL_SECONDS)
    process.wait()


def wait_for(
    condition: Callable[[], bool],
    what: str,
    seconds: float,
    alive: Sequence[subprocess.Popen[bytes]] = (),
) -> None:
    """Waits until `condition()` holds.

    Raises:
        TimeoutError: It did not in `seconds`.
        RuntimeError: One of the processes it depends on has ended.
    """
    deadline = time.monotonic() + seconds
    while not condition():
        for process in alive:
            if process.poll() is not None:
                raise RuntimeError(f"{what}: {process.args!r} ended with {process.returncode}")
        if time.monotonic() > deadline:
            raise TimeoutError(f"{what}: expected within {seconds:.0f} s")
        time.sleep(POLL_SECONDS)


def free_ports(count: int) -> list[int]:
    """Distinct ports that are free now."""
    sockets = [socket.create_server(("localhost", 0)) for _ in range(count)]
    ports = [opened.getsockname()[1] for opened in sockets]
    for opened in sockets:
        opened.close()
    return ports


def listens(port: int) -> bool:
    """Whether something on this machine accepts connections at a port."""
    with socket.socket() as client:
        return client.connect_ex(("localhost", port)) == 0


def group_of(process: subprocess.Popen[bytes]) -> list[int]:
    """Ids of all living processes of a process's group, itself included."""
    members = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            text = stat.read_text()
        except (FileNotFoundError, ProcessLookupError):
            continue  # it ended just now
        state, _, group = text.rpartition(")")[2].split()[:3]
        if int(group) == process.pid and state != "Z":
            members.append(int(stat.parent.name))
    return members


def _alive(group: int) -> bool:
    try:
        os.killpg(group, 0)
    except ProcessLookupError:
        return False
    return True
