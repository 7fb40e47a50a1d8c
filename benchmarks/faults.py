"""`python -m benchmarks.faults RUN`: what is lost when servers and stores die while events come.

Writers on one store are killed again and again, then whole servers of a run while a client records,
then Redis is stopped and killed under a server. Nothing acknowledged may be lost, or this fails.
Each way of failing is a test too, with fewer tries.
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import numpy as np

from benchmarks.killed_servers import CALL_EVENTS, kill_servers
from benchmarks.killed_writers import BATCH, WRITERS, kill_writers
from benchmarks.redis_away import redis_away
from benchmarks.redis_server import DURABLE, RedisServer
from benchmarks.results import described_run, write_result
from schemas.artifacts import open_artifact

SEED = 1
WRITER_SECONDS, SERVER_SECONDS = (0.005, 0.4), (0.01, 1.0)
"""Between these, at random, is how long a process writes before it is killed."""


def main() -> None:
    """Measures, prints and writes the result."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.faults", description=__doc__)
    parser.add_argument("run", type=Path, help="a finished run, such as runs/quickstart")
    parser.add_argument("--tries", type=int, default=100, help="kills of writers on each store")
    parser.add_argument("--server-tries", type=int, default=10, help="kills of whole servers")
    arguments = parser.parse_args()
    random = np.random.default_rng(SEED)
    writes = random.uniform(*WRITER_SECONDS, arguments.tries).tolist()
    serves = random.uniform(*SERVER_SECONDS, arguments.server_tries).tolist()
    with tempfile.TemporaryDirectory() as made:
        directory = Path(made)
        figures = {
            **of_writers("sqlite", f"sqlite:{directory / 'writers.sqlite'}", directory, writes),
            **of_redis_writers(directory, writes),
            **of_servers(arguments.run, f"sqlite:{directory / 'servers.sqlite'}", serves),
            **of_redis_away(arguments.run, directory),
        }
    for name, value in figures.items():
        print(f"{name:45} {value:g}")
    prepared = open_artifact(arguments.run / "prepared")
    write_result(
        "faults",
        data=described_run(prepared),
        seed=SEED,
        config={"tries": arguments.tries, "server_tries": arguments.server_tries}
        | {"writers": WRITERS, "batch_events": BATCH, "call_events": CALL_EVENTS}
        | {"writer_seconds": WRITER_SECONDS, "server_seconds": SERVER_SECONDS}
        | {"redis": list(DURABLE)},
        figures=figures,
        peers={},
    )
    lost = {name: value for name, value in figures.items() if "lost" in name or "torn" in name}
    if any(lost.values()):
        raise SystemExit(f"acknowledged events were lost: {lost}")


def of_writers(
    store: str, profiles: str, directory: Path, after_seconds: Sequence[float]
) -> Mapping[str, float]:
    """Kills of the writers of a store; lost and torn are batches."""
    losses = [
        kill_writers(profiles, directory, f"try{number}", after)
        for number, after in enumerate(after_seconds)
    ]
    return {
        f"{store}_kills": len(losses),
        f"{store}_acknowledged_events": BATCH * sum(loss.acknowledged for loss in losses),
        f"{store}_lost_batches": sum(loss.lost for loss in losses),
        f"{store}_torn_batches": sum(loss.torn for loss in losses),
        f"{store}_kept_unacknowledged_batches": sum(loss.unasked for loss in losses),
    }


def of_redis_writers(directory: Path, after_seconds: Sequence[float]) -> Mapping[str, float]:
    """The same with a Redis, which goes on while its writers die."""
    server = RedisServer(_folder(directory, "redis"), *DURABLE)
    server.start()
    try:
        return of_writers("redis", server.url, directory, after_seconds)
    finally:
        server.kill()


def of_servers(run: Path, profiles: str, after_seconds: Sequence[float]) -> Mapping[str, float]:
    """Kills of servers."""
    lives = kill_servers(run, profiles, after_seconds)
    starts = [life.start_seconds for life in lives]
    return {
        "server_kills": len(lives),
        "server_acknowledged_events": sum(life.acknowledged for life in lives),
        "server_lost_events": sum(life.lost for life in lives),
        "server_start_after_kill_p50_seconds": round(float(np.median(starts)), 2),
        "server_start_after_kill_longest_seconds": round(max(starts), 2),
    }


def of_redis_away(run: Path, directory: Path) -> Mapping[str, float]:
    """Redis stopped, and killed, under a server."""
    ends: Mapping[str, Callable[[RedisServer], None]] = {
        "stopped": RedisServer.stop,
        "killed": RedisServer.kill,
    }
    figures: dict[str, float] = {}
    for name, end in ends.items():
        away = redis_away(run, _folder(directory, name), end)
        if away.codes != {"UNAVAILABLE"}:
            raise SystemExit(f"while Redis was {name}, calls got {sorted(away.codes)}")
        figures |= {
            f"redis_{name}_refused_call_longest_ms": round(away.longest_ms, 1),
            f"redis_{name}_back_ms": round(away.back_ms, 1),
            f"redis_{name}_lost_events": away.lost,
        }
    return figures


def _folder(directory: Path, name: str) -> Path:
    (directory / name).mkdir()
    return directory / name


if __name__ == "__main__":
    main()
