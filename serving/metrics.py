"""What a worker counts for Prometheus.

Workers come and go with reloads while counters must only grow, and one scrape shall see all of
them. So each worker writes its values to files of its own in a directory that the supervisor names
(prometheus-client's multiprocess mode) and serves as one (`serving/metrics_port.py`). Without such
a directory the values stay in this process.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import numpy as np
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

from schemas import recommender_pb2 as pb
from serving.event_store.store import Events, EventStore, RecordedHistory

REQUEST_SECONDS = (
    *(0.001, 0.002, 0.004, 0.006, 0.008, 0.012, 0.016, 0.024),
    *(0.032, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0),
)
STAGE_SECONDS = (0.0001, 0.0002, 0.0005, 0.001, 0.002, 0.004, 0.008, 0.016, 0.032, 0.1, 0.5, 2.0)


class Metrics:
    """Counts of one worker; safe to use from several threads."""

    def __init__(self, registry: CollectorRegistry) -> None:
        """Begins at nothing.

        Args:
            registry: Knows the metrics; nobody asks it where the values go to files.
        """
        self._requests = Counter(
            "matinee_requests", "Requests answered.", ["rpc", "code"], registry=registry
        )
        self._request_seconds = Histogram(
            "matinee_request_seconds",
            "From a request's arrival to its answer.",
            ["rpc"],
            buckets=REQUEST_SECONDS,
            registry=registry,
        )
        self._in_progress = Gauge(
            "matinee_requests_in_progress",
            "Requests being worked on.",
            registry=registry,
            multiprocess_mode="livesum",
        )
        self._stage_items = Counter(
            "matinee_stage_items",
            "Items (of `resolve` and `encode`: viewers) that came into a stage, were kept by it "
            "and went out of the list there.",
            ["rpc", "stage", "count"],
            registry=registry,
        )
        self._stage_seconds = Histogram(
            "matinee_stage_seconds",
            "What a stage took.",
            ["rpc", "stage"],
            buckets=STAGE_SECONDS,
            registry=registry,
        )
        self._events = Counter(
            "matinee_events", "Events by what became of them.", ["outcome"], registry=registry
        )
        self._versions = Gauge(
            "matinee_versions",
            "1 for the versions of models and index that a worker serves.",
            ["prepared", "retrieval", "index", "ranking"],
            registry=registry,
            multiprocess_mode="livemax",
        )

    def began(self) -> None:
        """A request has come."""
        self._in_progress.inc()

    def ended(self, rpc: str, code: str, seconds: float) -> None:
        """It was answered."""
        self._in_progress.dec()
        self._requests.labels(rpc, code).inc()
        self._request_seconds.labels(rpc).observe(seconds)

    def ran(self, rpc: str, reports: Iterable[pb.StageReport]) -> None:
        """Stages of an answered request."""
        for report in reports:
            stage = report.stage
            self._stage_items.labels(rpc, stage, "in").inc(report.items_in)
            self._stage_items.labels(rpc, stage, "kept").inc(report.items_out)
            gone = max(0, report.items_in - report.items_out)
            self._stage_items.labels(rpc, stage, "out").inc(gone)
            self._stage_seconds.labels(rpc, stage).observe(report.milliseconds / 1e3)

    def took_events(self, recorded: int, known: int) -> None:
        """Events are durable: new ones, and those that were there before."""
        self._events.labels("recorded").inc(recorded)
        self._events.labels("known").inc(known)

    def serves(self, versions: Mapping[str, str]) -> None:
        """Stage name to version of what this worker serves."""
        self._versions.labels(**versions).set(1)


class CountedEvents:
    """An event store whose events are counted."""

    def __init__(self, store: EventStore, metrics: Metrics) -> None:
        self._store = store
        self._metrics = metrics

    def append(self, events: Events) -> int:
        """See `EventStore`."""
        new = self._store.append(events)
        self._metrics.took_events(new, len(events) - new)
        return new

    def holds(self, event_ids: Sequence[str]) -> np.ndarray:
        """See `EventStore`."""
        return self._store.holds(event_ids)

    def read(self, user_ids: Sequence[str], at_most: int) -> list[RecordedHistory]:
        """See `EventStore`."""
        return self._store.read(user_ids, at_most)

    def close(self) -> None:
        """See `EventStore`."""
        self._store.close()
