"""The server: starts workers, replaces those that die, and has new versions take over.

A reload is a hand-over from process to process and not a swap inside one, for opening models
and tables holds Python's lock for hundreds of milliseconds at a time (docs/decisions.md). A fresh
worker checks, opens and warms up the new versions beside the old one, and only then listens on the
port that both share. The old one stops listening, goes on for the clients that are connected, and
ends when the last has moved. A worker serves one set of versions, so retrieval, index and ranker
always match.
"""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
import logging
import os
import signal
from collections.abc import Coroutine, Iterable
from pathlib import Path
from typing import Any

from schemas.config import ServeConfig
from serving.logs import fields, write_json_lines
from serving.metrics_port import MetricsPort
from serving.own_process import ANNOUNCEMENT
from serving.run_versions import RunVersions, latest_versions
from serving.sockets import host_before_port, reserved
from serving.version_watch import VersionWatch
from serving.worker import Task, leaving_seconds
from serving.worker_process import WorkerProcess, started

STOP_SECONDS = 5.0
"""Beyond `serve.grace_seconds`, before a worker is killed."""

FIRST_PAUSE, LONGEST_PAUSE = 0.5, 30.0
"""Seconds between tries to start a worker that does not start; each twice as long."""

RELOAD_TRIES = 5
"""To start the other workers of new versions, which the first has shown to work; all together."""

log = logging.getLogger(__name__)


def serve(run: Path, config: ServeConfig) -> None:
    """Serves the latest artefacts of a run directory, those of later too, until SIGTERM or SIGINT.

    Prints `matinee: serving on HOST:PORT` once every worker answers. SIGHUP looks for new versions
    at once, and tries those again that were refused.

    Raises:
        FileNotFoundError: A stage of the run has no finished build.
        ValueError: The stages do not belong together.
        OSError: The address or the port for metrics cannot be listened on.
        RuntimeError: A worker cannot serve; the message is its own.
    """
    write_json_lines(config.log_level)
    versions = latest_versions(run)
    with (
        reserved(config.host, config.port) as port,
        MetricsPort(config.metrics_port) as metrics,
    ):
        asyncio.run(Supervisor(run, dataclasses.replace(config, port=port), metrics).run(versions))


class Supervisor:
    """Keeps as many workers as the configuration asks for; all methods belong to one event loop."""

    def __init__(self, run: Path, config: ServeConfig, metrics: MetricsPort) -> None:
        """Starts nothing yet.

        Args:
            run: The run directory.
            config: With the port that was reserved.
            metrics: Counts.
        """
        self._run = run
        self._config = config
        self._metrics = metrics
        self._workers: set[WorkerProcess] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self._leaving: set[WorkerProcess] = set()
        self._wanted: RunVersions
        self._stopping = asyncio.Event()
        self._missing = asyncio.Event()
        # Held by whoever starts workers, so that there are never too many.
        self._changing = asyncio.Lock()

    async def run(self, versions: RunVersions) -> None:
        """Serves until a signal.

        Raises:
            RuntimeError: A worker could not begin.
        """
        self._wanted = versions
        watch = VersionWatch(self._run, versions, self._config.watch_seconds)
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self._stopping.set)
        loop.add_signal_handler(signal.SIGHUP, watch.look_now)
        try:
            if not await self._begin():
                return
            host = host_before_port(self._config.host)
            print(f"{ANNOUNCEMENT}{host}:{self._config.port}", flush=True)
            running = [asyncio.create_task(work) for work in (self._refill(), self._reload(watch))]
            stopping = asyncio.create_task(self._stopping.wait())
            done, _ = await asyncio.wait([*running, stopping], return_when=asyncio.FIRST_COMPLETED)
            await _cancel([*running, stopping])
            for task in done:
                task.result()
        finally:
            await self._end()

    async def _begin(self) -> bool:
        """Starts all workers; False: a signal came before they answered."""
        starting = [asyncio.create_task(self._start()) for _ in range(self._config.workers)]
        stopping = asyncio.create_task(self._stopping.wait())
        try:
            waiting = set(starting)
            while waiting:
                done, _ = await asyncio.wait(
                    [*waiting, stopping], return_when=asyncio.FIRST_COMPLETED
                )
                if stopping in done:
                    return False
                for task in done:
                    task.result()
                waiting -= done
        finally:
            await _cancel([*starting, stopping])
        return True

    async def _start(self) -> None:
        """Starts a worker of the versions that are wanted."""
        self._take(await self._started(self._wanted))

    async def _started(self, versions: RunVersions) -> WorkerProcess:
        task = Task(str(self._run), versions.paths, self._config, os.getpid())
        return await started(task, versions, self._metrics.directory)

    def _take(self, worker: WorkerProcess) -> None:
        self._workers.add(worker)
        self._metrics.workers.set(len(self._workers))
        self._beside(self._see_off(worker))

    def _beside(self, work: Coroutine[Any, Any, None]) -> None:
        """Runs something that ends with a worker."""
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _see_off(self, worker: WorkerProcess) -> None:
        """Waits for a worker's end; one that ended unasked is missed."""
        code = await worker.ended()
        self._metrics.ended(worker.pid)
        self._leaving.discard(worker)
        what = fields(worker=worker.pid, exit_code=code)
        if worker not in self._workers or self._stopping.is_set():
            log.info("a worker has ended", extra=what)
            return
        log.error("a worker has ended unasked", extra=what)
        self._workers.discard(worker)
        self._metrics.workers.set(len(self._workers))
        self._metrics.restarts.inc()
        self._missing.set()

    async def _refill(self) -> None:
        """Starts a worker for each that is missed, again and again where one does not start."""
        pause = FIRST_PAUSE
        while True:
            await self._missing.wait()
            try:
                async with self._changing:
                    while len(self._workers) < self._config.workers:
                        await self._start()
                    self._missing.clear()
                pause = FIRST_PAUSE
            except RuntimeError as error:
                await _wait_after(error, pause)
                pause = min(2 * pause, LONGEST_PAUSE)

    async def _reload(self, watch: VersionWatch) -> None:
        """Has workers of new versions take over, one by one."""
        async for found in watch.found():
            what = fields(**found.names)
            log.info("new versions: loading", extra=what)
            async with self._changing:
                try:
                    await self._replace_one(found)
                except RuntimeError as error:
                    self._metrics.reloads.labels("refused").inc()
                    log.error("new versions refused, the old ones stay: %s", error, extra=what)
                    continue
                self._wanted = found
                whole = await self._replace_rest()
            if whole:
                watch.serves(found)
                self._metrics.reloads.labels("swapped").inc()
                log.info("new versions: serving", extra=what)
            else:
                watch.serves(None)
                self._metrics.reloads.labels("partial").inc()
                log.error("new versions: some workers stay at the old ones", extra=what)

    async def _replace_rest(self) -> bool:
        """Has all workers be of the versions that are wanted; False: some could not be started."""
        pause = FIRST_PAUSE
        for left in reversed(range(RELOAD_TRIES)):
            try:
                while any(w.versions.identity != self._wanted.identity for w in self._workers):
                    await self._replace_one(self._wanted)
                return True
            except RuntimeError as error:
                await _wait_after(error, pause if left else 0.0)
                pause = min(2 * pause, LONGEST_PAUSE)
        return False

    async def _replace_one(self, versions: RunVersions) -> None:
        """Starts a worker in place of one of other versions, if there is one.

        Raises:
            RuntimeError: It could not begin.
        """
        self._take(await self._started(versions))
        others = (each for each in self._workers if each.versions.identity != versions.identity)
        old = next(others, None)
        if old is not None:
            self._workers.discard(old)
            self._metrics.workers.set(len(self._workers))
            self._leaving.add(old)
            old.replaced()
            at_most = leaving_seconds(self._config) + self._config.grace_seconds + STOP_SECONDS
            self._beside(old.ended_within(at_most))

    async def _end(self) -> None:
        """Has all workers finish what they work on."""
        self._stopping.set()
        everyone = self._workers | self._leaving
        for worker in everyone:
            worker.stop()
        at_most = self._config.grace_seconds + STOP_SECONDS
        await asyncio.gather(*(worker.ended_within(at_most) for worker in everyone))
        if self._tasks:
            await asyncio.wait(self._tasks)


async def _wait_after(error: RuntimeError, seconds: float) -> None:
    log.error("a worker does not start: %s", error, extra=fields(pause_seconds=seconds))
    await asyncio.sleep(seconds)


async def _cancel(tasks: Iterable[asyncio.Task[Any]]) -> None:
    """Cancels tasks and waits until they are; what they fail with meanwhile matters to nobody."""
    for task in tasks:
        task.cancel()
    for task in tasks:
        with contextlib.suppress(asyncio.CancelledError, Exception):
            await task
