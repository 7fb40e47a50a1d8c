"""`python -m serving.worker`: one process that answers requests from one set of versions.

It lives under a supervisor (`serving/supervisor.py`), from which it reads on its input what to
serve, and to which it writes a line of JSON once it is warm and listens, or cannot. It serves the
same versions for as long as it lives: a reload is another worker.
"""

from __future__ import annotations

import asyncio
import contextlib
import ctypes
import faulthandler
import json
import logging
import os
import signal
import sys
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, NoReturn

from prometheus_client import CollectorRegistry

from schemas.config import ServeConfig
from serving.errors import BackendError
from serving.logs import failure, write_json_lines

READY, FAILED = "ready", "failed"

AGE_SPREAD = 1.1
"""gRPC lets a connection get up to a tenth older than it is told."""

LONGEST_REASON = 4_000
"""Characters; TensorFlow may quote a whole graph."""

_DEATH_SIGNAL = 1
"""PR_SET_PDEATHSIG of prctl(2)."""

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Task:
    """What a worker is told.

    Attributes:
        run: The run directory.
        paths: Stage name to directory of the build to serve.
        config: `[serve]`, with the port that is listened on.
        supervisor: Process id.
    """

    run: str
    paths: dict[str, str]
    config: ServeConfig
    supervisor: int

    def written(self) -> bytes:
        """As JSON."""
        return json.dumps(asdict(self)).encode()


def read_task(text: bytes) -> Task:
    """What `Task.written` wrote."""
    told = json.loads(text)
    return Task(**told | {"config": ServeConfig(**told["config"])})


def leaving_seconds(config: ServeConfig) -> float:
    """How long a replaced worker waits for its connections at most."""
    return config.connection_seconds * AGE_SPREAD + config.grace_seconds


def main() -> None:
    """Serves until SIGTERM, or until SIGUSR1, on which it lets its connections go first."""
    # Native code that crashes or hangs leaves the stacks of all threads on stderr.
    faulthandler.enable()
    faulthandler.register(signal.SIGQUIT)
    # Ctrl-C reaches every process of a terminal; the supervisor says when to stop.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    task = read_task(sys.stdin.buffer.read())
    _end_with(task.supervisor)
    write_json_lines(task.config.log_level)
    code = 0
    try:
        asyncio.run(_serve(task))
    except (OSError, ValueError, RuntimeError, ImportError, BackendError) as error:
        tell(FAILED, reason=str(error)[:LONGEST_REASON])
        code = 1
    except Exception as error:  # a damaged model may raise anything
        log.error("cannot serve", extra=failure(error))
        tell(FAILED, reason=f"{type(error).__name__}: {error}"[:LONGEST_REASON])
        code = 1
    _leave(code)


def _leave(code: int) -> NoReturn:
    """Ends the process, in which all is answered, written and closed.

    To take TensorFlow apart would be most of the time that a stop takes, and native threads that
    still run may crash on the way or never end (docs/decisions.md).
    """
    logging.shutdown()
    sys.stdout.flush()
    os._exit(code)


async def _serve(task: Task) -> None:
    # TensorFlow only now, for the supervisor imports this module.
    from serving.catalogue_log.choose import open_log
    from serving.catalogue_watch import watching
    from serving.event_store.choose import open_store
    from serving.metrics import CountedEvents, Metrics
    from serving.opening import open_recommender
    from serving.server import serve_until_stopped

    metrics, config, run = Metrics(CollectorRegistry()), task.config, Path(task.run)
    with (
        contextlib.closing(open_store(config.profiles, run)) as store,
        contextlib.closing(open_log(config.catalogue, run)) as changes,
    ):
        counted = CountedEvents(store, metrics)
        recommender = open_recommender(task.paths, config, counted, changes)
        metrics.serves(recommender.versions)
        with watching(recommender.refresh):
            await serve_until_stopped(recommender, config, metrics, lambda: tell(READY))


def tell(state: str, **values: Any) -> None:
    """Writes a line to the supervisor."""
    print(json.dumps({"state": state} | values), flush=True)


def _end_with(supervisor: int) -> None:
    """Has the kernel kill this process with its supervisor.

    Otherwise a worker whose supervisor was killed would keep the port, and share it in silence with
    the next server. Nothing acknowledged is lost with it.
    """
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(_DEATH_SIGNAL, signal.SIGKILL, 0, 0, 0):
        raise OSError(ctypes.get_errno(), "prctl")
    if os.getppid() != supervisor:  # it died before
        sys.exit(1)


if __name__ == "__main__":
    main()
