"""`python -m benchmarks.fuzz RUN`: hostile requests to a server of a run.

Messages of every call of the service, valid as protobuf and hostile in what they hold, then bytes
that are no messages at all. Events and changes of the catalogue go into stores of this run of the
benchmark alone. It ends with an error if a call was answered INTERNAL or UNKNOWN or not at all, if
the server ended, or if its memory kept growing.
"""

from __future__ import annotations

import argparse
import tempfile
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import grpc

from benchmarks.fuzzing.calls import Fuzzer, known_of
from benchmarks.fuzzing.wire import send_bytes, send_messages
from benchmarks.own_server import server
from benchmarks.results import described_run, write_result
from schemas.artifacts import Artifact, open_artifact
from serving.client import Client

REQUESTS, RAW = 20_000, 2_000
SEED = 1
GROWTH_MIB = 16.0
"""Over the second half of the requests; the allocators of Python and TensorFlow settle in the
first. Two kilobytes lost with each request would be 20."""


@dataclass(frozen=True)
class Fuzzed:
    """What a server made of it.

    Attributes:
        requests: Valid messages that were sent.
        raw: Connections with noise, and as many calls with noise for a message.
        codes: Status code to how often it came.
        by_method: Method and code to how often.
        failures: What must not be, in words.
        memory_mib: Of the worker, after each quarter of the requests and at the end.
    """

    requests: int
    raw: int
    codes: dict[str, int]
    by_method: dict[str, int]
    failures: list[str]
    memory_mib: list[float]

    @property
    def growth_mib(self) -> float:
        """Since half of the requests."""
        return self.memory_mib[-1] - self.memory_mib[1]


def fuzz(run: Path, requests: int, raw: int, seed: int, state: Path) -> Fuzzed:
    """Sends it all to a server of a run, one after the other.

    Args:
        run: A finished run.
        requests: Valid messages.
        raw: Connections with noise, and as many calls with noise for a message.
        seed: Of what is drawn.
        state: Where the server keeps what it is told.

    Raises:
        RuntimeError: The server ended, or does not answer as it did.
    """
    options = ["--profiles", f"sqlite:{state / 'events'}", "--catalogue", f"sqlite:{state / 'log'}"]
    memory = []
    prepared = open_artifact(run / "prepared")
    with server(run, *options) as (pid, target), grpc.insecure_channel(target) as channel:
        fuzzer, worker = _fuzzer(channel, target, prepared), _worker(pid)
        for quarter in range(4):
            fuzzer.run(requests // 4, seed + 1_000 * quarter)
            memory.append(_memory_mib(pid, worker))
        send_messages(channel, raw, seed)
        send_bytes(target, raw, seed)
        with Client(target, 60) as client:
            client.model_info()  # it still answers
        memory.append(_memory_mib(pid, worker))
    codes: Counter[str] = sum(fuzzer.counts.values(), Counter())
    return Fuzzed(
        requests=fuzzer.requests,
        raw=raw,
        codes=dict(codes),
        by_method={
            f"{method}_{code}": count
            for method, found in sorted(fuzzer.counts.items())
            for code, count in sorted(found.items())
        },
        failures=fuzzer.failures,
        memory_mib=memory,
    )


def main() -> None:
    """Prints what came and writes the result."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.fuzz", description=__doc__)
    parser.add_argument("run", type=Path, help="a run directory")
    parser.add_argument("--requests", type=int, default=REQUESTS)
    parser.add_argument("--raw", type=int, default=RAW, help="connections and calls with noise")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as state:
        found = fuzz(arguments.run, arguments.requests, arguments.raw, SEED, Path(state))
    print(found)
    if found.failures or found.growth_mib > GROWTH_MIB:
        raise SystemExit(f"expected no failure and at most {GROWTH_MIB} MiB more, got {found}")
    if found.requests < REQUESTS:
        return  # a trial: the result is that of a full run
    figures = {
        "requests": found.requests,
        "raw_connections": found.raw,
        "raw_messages": found.raw,
        "internal": found.codes.get("INTERNAL", 0),
        "unknown": found.codes.get("UNKNOWN", 0),
        "server_ends": 0,
        **{f"code_{code.lower()}": count for code, count in sorted(found.codes.items())},
        **{f"memory_{at}_mib": round(mib, 1) for at, mib in enumerate(found.memory_mib)},
        "growth_mib": round(found.growth_mib, 1),
    }
    config = {"by_method": found.by_method, "largest_growth_mib": GROWTH_MIB}
    data = described_run(open_artifact(arguments.run / "prepared"))
    print(write_result("fuzz", data, SEED, config, figures, {}))


def _fuzzer(channel: grpc.Channel, target: str, prepared: Artifact) -> Fuzzer:
    """With page tokens of two lists."""
    with Client(target, 60) as client:
        info = client.model_info()
        fuzzer = Fuzzer(channel, known_of(prepared, info, ()))
        users = fuzzer.known.texts["user_id"]
        pages = [client.recommend([user], k=5) for user in users[:2]]
        tokens = [page.next_page_token for page in pages]
        fuzzer.known = known_of(prepared, info, tokens)
    return fuzzer


def _worker(supervisor: int) -> int:
    """Process id of the worker that answers.

    Raises:
        RuntimeError: There is none.
    """
    children = Path(f"/proc/{supervisor}/task/{supervisor}/children").read_text().split()
    if len(children) != 1:
        raise RuntimeError(f"expected one worker, got {len(children)}")
    return int(children[0])


def _memory_mib(supervisor: int, worker: int) -> float:
    """Resident memory of the worker.

    Raises:
        RuntimeError: It has ended; the supervisor may have started another.
    """
    if _worker(supervisor) != worker:
        raise RuntimeError("the worker ended, and another was started")
    status = Path(f"/proc/{worker}/status").read_text().splitlines()
    for line in status:
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) / 1_024
    raise RuntimeError("the worker ended")


if __name__ == "__main__":
    main()
