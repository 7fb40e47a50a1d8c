"""Table `[serve]`."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass

from schemas.config.checks import at_least, check_choice, refuse

IN_PROCESS = "in-process"
TF_SERVING = "tf-serving://"
MOST_BATCH = 256
MOST_CONNECTION_SECONDS = 86_400
LOG_LEVELS = ("debug", "info", "warning", "error")

STORES = ("sqlite:", "redis://", "rediss://")


@dataclass(frozen=True)
class ServeConfig:
    """The gRPC server; what exceeds a limit is refused with an error, never cut.

    Attributes:
        host: Address to listen on; loopback unless someone decides otherwise.
        port: Port to listen on; 0 takes a free one.
        profiles: Where events are recorded and read: `sqlite:`, the file `state/events.sqlite` of
            the run; `sqlite:PATH`, another; `redis://[[USER]:PASSWORD@]HOST[:PORT][/DATABASE]` (or
            `rediss://`), a Redis that several servers share; `none`, nowhere.
        catalogue: Where changes of the catalogue are kept: `sqlite:`, the file
            `state/catalogue.sqlite` of the run; `sqlite:PATH`, another; `none`: none are taken.
        candidates: Items retrieved before ranking, for all viewers of a request together.
        max_k: Largest accepted k.
        max_viewers: Most viewers of one request.
        max_history: Most events of one anonymous history.
        max_exclude: Most excluded item ids.
        max_allow: Most item ids of an allow-list.
        max_conditions: Most conditions on item features.
        max_shown: Items of earlier pages that a page token carries; the pages behind them go
            through the rest by popularity.
        max_ranked: Most candidates of a request that brings its own.
        max_explained: Largest k of a request that asks for explanations.
        max_explained_viewers: Most viewers of such a request, whose time and memory grow with the
            third power of their number.
        max_message_bytes: Largest request message.
        max_recorded: Newest recorded events of a user that a request reads.
        max_events: Most events of one call of RecordEvents.
        max_items: Most items of one call that changes the catalogue.
        event_batch: Events written at once.
        event_wait_seconds: How long a client may leave the server waiting for its next event.
        max_concurrent: Requests in progress in a worker before RESOURCE_EXHAUSTED; as many streams
            of events.
        grace_seconds: Time that running requests get on SIGTERM.
        workers: Processes that answer; each has the models and the index in memory.
        watch_seconds: How often the run is looked at for new versions; 0: never.
        connection_seconds: Age at which a connection is moved to another worker, without loss, give
            or take a tenth. So long do workers of before a reload stay.
        metrics_port: Port on loopback that Prometheus asks; 0: none.
        log_level: Least level of what is logged: `debug`, `info`, `warning` or `error`.
        backend: What runs the models: `in-process`, or `tf-serving://HOST:PORT`, a TensorFlow
            Serving that has what `matinee export` wrote.
        retrieval_model: What TensorFlow Serving calls the retrieval model.
        ranking_model: What it calls the ranker.
        backend_start_seconds: How long a starting server waits until its models are served.
        backend_seconds: Longest time for one of its answers, tries included.
        backend_tries: How often it is asked before a request fails as UNAVAILABLE.
        max_batch: Most rows (viewers for retrieval, requests for the ranker) of concurrent calls
            that are merged into one call of an in-process model; 1: none are.
    """

    host: str = "127.0.0.1"
    port: int = 8500
    profiles: str = "sqlite:"
    catalogue: str = "sqlite:"
    candidates: int = 200
    max_k: int = 500
    max_viewers: int = 8
    max_history: int = 2_000
    max_exclude: int = 10_000
    max_allow: int = 10_000
    max_conditions: int = 32
    max_shown: int = 2_000
    max_ranked: int = 1_000
    max_explained: int = 50
    max_explained_viewers: int = 4
    max_message_bytes: int = 1 << 20
    max_recorded: int = 2_000
    max_events: int = 10_000
    max_items: int = 1_000
    event_batch: int = 500
    event_wait_seconds: float = 30.0
    max_concurrent: int = 64
    grace_seconds: float = 5.0
    workers: int = 1
    watch_seconds: float = 2.0
    connection_seconds: float = 30.0
    metrics_port: int = 0
    log_level: str = "info"
    backend: str = IN_PROCESS
    retrieval_model: str = "matinee_retrieval"
    ranking_model: str = "matinee_ranking"
    backend_start_seconds: float = 60.0
    backend_seconds: float = 2.0
    backend_tries: int = 3
    max_batch: int = 1

    @property
    def asks_others(self) -> bool:
        """Whether requests wait for another server: one that runs the models, or Redis."""
        return self.backend != IN_PROCESS or self.profiles.startswith(("redis://", "rediss://"))

    @property
    def tf_serving(self) -> str:
        """`HOST:PORT` of TensorFlow Serving; "" where the models run in process."""
        return self.backend.removeprefix(TF_SERVING) if self.backend != IN_PROCESS else ""

    def __post_init__(self) -> None:
        if not self.host:
            refuse("serve.host", "an address", self.host)
        check_choice("serve.log_level", self.log_level, LOG_LEVELS)
        for name in ("port", "metrics_port"):
            if not 0 <= getattr(self, name) <= 65_535:
                refuse(f"serve.{name}", "0 to 65535", getattr(self, name))
        for name in (
            "candidates",
            "max_k",
            "max_viewers",
            "max_history",
            "max_exclude",
            "max_allow",
            "max_conditions",
            "max_shown",
            "max_ranked",
            "max_explained",
            "max_explained_viewers",
            "max_recorded",
            "max_events",
            "max_items",
            "event_batch",
            "max_concurrent",
            "workers",
        ):
            if getattr(self, name) < 1:
                refuse(f"serve.{name}", "at least 1", getattr(self, name))
        if self.profiles != "none" and not self.profiles.startswith(STORES):
            expected = "sqlite:, sqlite:PATH, redis://HOST:PORT/DATABASE or none"
            refuse("serve.profiles", expected, self.profiles)
        if self.catalogue != "none" and not self.catalogue.startswith("sqlite:"):
            refuse("serve.catalogue", "sqlite:, sqlite:PATH or none", self.catalogue)
        if not 0 < self.event_wait_seconds < math.inf:  # NaN compares false
            expected = "more than 0, and finite"
            refuse("serve.event_wait_seconds", expected, self.event_wait_seconds)
        # gRPC takes -1 for "no limit" and keeps the size in an int32.
        if not 1_024 <= self.max_message_bytes < 1 << 31:
            expected = f"1024 to {(1 << 31) - 1}"
            refuse("serve.max_message_bytes", expected, self.max_message_bytes)
        for name in ("grace_seconds", "watch_seconds"):
            if not 0 <= getattr(self, name) < math.inf:  # NaN compares false
                refuse(f"serve.{name}", "0 or more, and finite", getattr(self, name))
        if not 1 <= self.connection_seconds <= MOST_CONNECTION_SECONDS:
            expected = f"1 to {MOST_CONNECTION_SECONDS}"
            refuse("serve.connection_seconds", expected, self.connection_seconds)
        self._check_backend()

    def _check_backend(self) -> None:
        host, _, port = self.tf_serving.rpartition(":")
        served = self.backend.startswith(TF_SERVING) and host and port.isdecimal()
        if self.backend != IN_PROCESS and not served:
            refuse("serve.backend", f"{IN_PROCESS} or {TF_SERVING}HOST:PORT", self.backend)
        for name in ("retrieval_model", "ranking_model"):
            if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9_.-]*", getattr(self, name)):
                expected = "letters, digits, '_', '.' and '-', the first a letter or digit"
                refuse(f"serve.{name}", expected, getattr(self, name))
        if self.retrieval_model == self.ranking_model:
            refuse("serve.ranking_model", "another name than retrieval_model", self.ranking_model)
        for name in ("backend_seconds", "backend_start_seconds"):
            if not 0 < getattr(self, name) < math.inf:
                refuse(f"serve.{name}", "more than 0, and finite", getattr(self, name))
        at_least("serve", self, backend_tries=1, max_batch=1)
        if self.max_batch > MOST_BATCH:
            refuse("serve.max_batch", f"at most {MOST_BATCH}", self.max_batch)
