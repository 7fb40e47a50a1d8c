"""A worker as its supervisor sees it: a process that is starting, answers, or is on its way out."""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import os
import signal
import sys
import time
from asyncio.subprocess import PIPE, Process
from collections.abc import Mapping
from pathlib import Path
from typing import Any, cast

from serving.logs import fields
from serving.metrics_variable import DIRECTORY_VARIABLE
from serving.run_versions import RunVersions
from serving.worker import FAILED, READY, Task
from serving.worker_environment import worker_environment

START_SECONDS = 600.0
"""Many times what opening and warming up takes; whoever needs longer hangs."""

STACKS_SECONDS = 1.0
"""What a worker that hangs gets to write where its threads are."""

LONGEST_LINE = 1 << 20
"""Bytes; a worker's own lines are far shorter."""

PIECE = 4_096

log = logging.getLogger(__name__)


class WorkerProcess:
    """One worker; see `started`.

    Attributes:
        versions: What it serves.
    """

    def __init__(self, process: Process, versions: RunVersions) -> None:
        self._process = process
        self.versions = versions
        self._output = asyncio.create_task(self._pass_on())

    @property
    def pid(self) -> int:
        """Process id."""
        return self._process.pid

    def replaced(self) -> None:
        """Tells it to stop listening, and to end with its last connection."""
        self._signal(signal.SIGUSR1)

    def stop(self) -> None:
        """Tells it to finish what it works on, and to end."""
        self._signal(signal.SIGTERM)

    def kill(self) -> None:
        """Ends it at once."""
        self._signal(signal.SIGKILL)

    async def ended(self) -> int:
        """Waits for its end; the exit code, negative for a signal."""
        code = await self._process.wait()
        await asyncio.shield(self._output)
        return code

    async def ended_within(self, seconds: float) -> None:
        """Waits for its end; if that takes longer, has it write its stacks and kills it."""
        try:
            async with asyncio.timeout(seconds):
                await self.ended()
        except TimeoutError:
            log.error("a worker did not stop and is killed", extra=fields(worker=self.pid))
            await _write_stacks(self._process)
            self.kill()
            await self.ended()

    def _signal(self, number: signal.Signals) -> None:
        with contextlib.suppress(ProcessLookupError):
            self._process.send_signal(number)

    async def _pass_on(self) -> None:
        """What else it or a library prints goes to stderr."""
        while piece := await _output(self._process).read(PIECE):
            sys.stderr.buffer.write(piece)
            sys.stderr.buffer.flush()


async def started(task: Task, versions: RunVersions, metrics: Path | None) -> WorkerProcess:
    """Starts a worker and returns once it answers.

    Args:
        task: What it is told.
        versions: What it shall serve.
        metrics: Where it writes what it counts; None: nowhere.

    Raises:
        RuntimeError: It could not; the message is its own.
    """
    begun = time.monotonic()
    environment = worker_environment(os.environ)
    if metrics is not None:
        environment[DIRECTORY_VARIABLE] = str(metrics)
    try:
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "serving.worker"),
            stdin=PIPE,
            stdout=PIPE,
            env=environment,
            limit=LONGEST_LINE,
        )
    except OSError as error:
        raise RuntimeError(f"no process can be started: {error}") from error
    told_by = cast(asyncio.StreamWriter, process.stdin)
    told_by.write(task.written())
    told_by.close()
    try:
        await _ready(process)
    except BaseException:
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        await process.wait()
        raise
    seconds = round(time.monotonic() - begun, 2)
    what = fields(worker=process.pid, seconds=seconds, **versions.names)
    log.info("a worker is ready", extra=what)
    return WorkerProcess(process, versions)


async def _ready(process: Process) -> None:
    """Waits until a worker answers.

    Raises:
        RuntimeError: It cannot, or takes too long.
    """
    try:
        async with asyncio.timeout(START_SECONDS):
            told = await _first_state(process)
    except TimeoutError:
        await _write_stacks(process)
        raise RuntimeError(f"a worker did not answer after {START_SECONDS:g} s") from None
    if told["state"] == FAILED:
        raise RuntimeError(told["reason"])


async def _first_state(process: Process) -> Mapping[str, Any]:
    """The first line of a worker's output that says how it is.

    Raises:
        RuntimeError: There is none.
    """
    async for line in _output(process):
        with contextlib.suppress(ValueError):
            told = json.loads(line)
            if isinstance(told, dict) and told.get("state") in (READY, FAILED):
                return told
        sys.stderr.buffer.write(line)
    code = await process.wait()
    raise RuntimeError(f"a worker ended with code {code} before it answered")


async def _write_stacks(process: Process) -> None:
    """Has a worker that hangs write where its threads are."""
    with contextlib.suppress(ProcessLookupError):
        process.send_signal(signal.SIGQUIT)
    await asyncio.sleep(STACKS_SECONDS)


def _output(process: Process) -> asyncio.StreamReader:
    return cast(asyncio.StreamReader, process.stdout)
