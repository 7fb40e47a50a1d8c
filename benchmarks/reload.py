"""`python -m benchmarks.reload RUN --rate N`: new versions under load.

A server of a copy of the run is asked at a fixed rate, half of what it can sustain, while the same
models come again and again under other versions. A reload lasts from the moment at which the new
versions are the latest until the last worker of the old ones has ended.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from benchmarks.built_again import build_again, point_latest, served_copy
from benchmarks.open_loop import Answers, ask
from benchmarks.results import described_run, write_result
from benchmarks.viewers import users_with_history
from schemas.artifacts import ROOT, open_artifact
from schemas.config import ServeConfig
from serving.own_process import ANNOUNCEMENT
from serving.run_versions import STAGES

SEED = 1
SERVING, ENDED = "new versions: serving", "a worker has ended"
LOOK_SECONDS = 0.02
MOST_RATIO = 2.0
"""Of the p99 during reloads to that before."""
RELOAD_SECONDS = 600.0
"""Many times what one takes."""


@dataclass(frozen=True)
class Reload:
    """One reload, on the monotonic clock.

    Attributes:
        began: The new versions are the latest.
        serving: All workers that take connections are of the new versions.
        ended: The last old worker has ended.
    """

    began: float
    serving: float
    ended: float


class Log:
    """What a server says; read all the time, or the server would have to wait."""

    def __init__(self, stderr: asyncio.StreamReader) -> None:
        self._said: list[tuple[float, str]] = []
        self._reading = asyncio.create_task(self._read(stderr))

    async def _read(self, stderr: asyncio.StreamReader) -> None:
        async for line in stderr:
            told = json.loads(line) if line.startswith(b"{") else {"rpc": None}
            if "rpc" not in told:
                self._said.append((time.monotonic(), str(told["message"])))

    async def until(self, message: str, since: float, times: int = 1) -> float:
        """Waits for so many lines since then that begin with a message; when the last came.

        Raises:
            RuntimeError: New versions were refused, or a worker or the server ended.
        """
        async with asyncio.timeout(RELOAD_SECONDS):
            while True:
                new = [(at, said) for at, said in self._said if at >= since]
                for _, said in new:
                    if "refused" in said or "unasked" in said:
                        raise RuntimeError(said)
                found = [at for at, said in new if said.startswith(message)]
                if len(found) >= times:
                    return found[times - 1]
                if self._reading.done():
                    raise RuntimeError("the server ended")
                await asyncio.sleep(LOOK_SECONDS)

    async def close(self) -> None:
        """Reads to the end."""
        await self._reading


def main() -> None:
    """Measures, prints and writes the result."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.reload", description=__doc__)
    parser.add_argument("run", type=Path, help="a finished run, such as runs/quickstart")
    parser.add_argument("--rate", type=float, required=True, help="requests a second")
    parser.add_argument("--reloads", type=int, default=20)
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--connections", type=int, default=8, help="of the client")
    age = ServeConfig().connection_seconds
    parser.add_argument("--connection-seconds", type=float, default=age, help="as [serve] has it")
    parser.add_argument("--before-seconds", type=float, default=60.0, help="without any reload")
    parser.add_argument("--pause-seconds", type=float, default=5.0, help="between two reloads")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="matinee-reload-") as directory:
        run = served_copy(arguments.run, Path(directory) / "run")
        answers, began, reloads = asyncio.run(_measure(run, arguments))
    figures = reload_figures(answers, began, reloads)
    for name, value in figures.items():
        print(f"{name:32} {value:10.2f}")
    settings = {name: value for name, value in vars(arguments).items() if name != "run"}
    data = described_run(open_artifact(arguments.run / "prepared"))
    print(write_result("reload", data, SEED, settings, figures, {}))
    if figures["failed_requests"] or figures["p99_ratio"] > MOST_RATIO:
        raise SystemExit(f"expected no failed request and a p99 of at most {MOST_RATIO} times")


async def _measure(
    run: Path, arguments: argparse.Namespace
) -> tuple[Answers, float, Sequence[Reload]]:
    """The answers, when the measurement began, and the reloads."""
    config = run / "serve.toml"
    config.write_text(
        f"[serve]\nworkers = {arguments.workers}\nwatch_seconds = 0.5\n"
        f"connection_seconds = {arguments.connection_seconds}\n"
    )
    async with _server(run, config) as (target, log):
        stop = asyncio.Event()
        users = users_with_history(run, SEED)
        asking = asyncio.create_task(
            ask(target, users, arguments.rate, arguments.connections, stop)
        )
        await asyncio.sleep(arguments.pause_seconds)  # connections are made, memory is warm
        began = time.monotonic()
        await asyncio.sleep(arguments.before_seconds)
        reloads = []
        for number in range(arguments.reloads):
            reloads.append(await _reload(run, f"again-{number}", log, arguments.workers))
            await asyncio.sleep(arguments.pause_seconds)
        stop.set()
        return await asking, began, reloads


async def _reload(run: Path, version: str, log: Log, workers: int) -> Reload:
    """Puts new versions in place, the copying aside, and waits until the old ones are gone."""
    await asyncio.to_thread(build_again, run, version)
    for stage in STAGES[1:]:
        point_latest(run, stage, version)
    began = time.monotonic()
    serving = await log.until(SERVING, began)
    ended = await log.until(ENDED, began, workers)
    return Reload(began, serving, ended)


@contextlib.asynccontextmanager
async def _server(run: Path, config: Path) -> AsyncIterator[tuple[str, Log]]:
    """`host:port` and the log of a server, which has ended when the block has."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "serving", "--run", str(run)),
        *("--config", str(config), "--port", "0"),
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    try:
        if process.stdout is None or process.stderr is None:
            raise RuntimeError("expected pipes to the server")
        line = (await process.stdout.readline()).decode().strip()
        if not line.startswith(ANNOUNCEMENT):
            raise RuntimeError((await process.stderr.read()).decode())
        log = Log(process.stderr)
        yield line.removeprefix(ANNOUNCEMENT), log
        process.terminate()
        await log.close()
    finally:
        if process.returncode is None:
            process.terminate()
        await process.wait()


def reload_figures(answers: Answers, began: float, reloads: Sequence[Reload]) -> dict[str, float]:
    """Latencies before the first reload, during reloads, and while their first part lasted.

    Args:
        answers: Of the whole measurement.
        began: When it began; what was due earlier does not count.
        reloads: In their order.
    """
    due, taken = np.array(answers.due), np.array(answers.milliseconds)
    phases = {
        "before": [(began, reloads[0].began)],
        "during": [(reload.began, reload.ended) for reload in reloads],
        "loading": [(reload.began, reload.serving) for reload in reloads],
    }
    counted = due >= began
    codes = np.array(answers.codes)[counted]
    figures = {
        "reloads": float(len(reloads)),
        "requests": float(np.count_nonzero(counted)),
        "failed_requests": float(np.count_nonzero(codes != "OK")),
        "served_versions": float(len({each for each in answers.versions if each})),
        "until_serving_p50_s": float(np.median([r.serving - r.began for r in reloads])),
        "until_old_ended_p50_s": float(np.median([r.ended - r.began for r in reloads])),
    }
    for name, spans in phases.items():
        inside = [(due >= start) & (due < end) for start, end in spans]
        chosen = taken[np.logical_or.reduce(inside)]
        figures[f"{name}_requests"] = float(len(chosen))
        for quantile in (50, 95, 99):
            value = float(np.quantile(chosen, quantile / 100))
            figures[f"{name}_p{quantile}_ms"] = round(value, 2)
        figures[f"{name}_longest_ms"] = round(float(chosen.max()), 2)
    figures["p99_ratio"] = round(figures["during_p99_ms"] / figures["before_p99_ms"], 3)
    return figures


if __name__ == "__main__":
    main()
