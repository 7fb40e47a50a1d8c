import math

import numpy as np
import pytest
from prometheus_client import CollectorRegistry

from schemas import recommender_pb2 as pb
from serving.event_store.sqlite import SqliteEvents
from serving.event_store.store import Events
from serving.metrics import CountedEvents, Metrics


@pytest.fixture
def registry():
    return CollectorRegistry()


@pytest.fixture
def metrics(registry):
    return Metrics(registry)


def test_requests_by_rpc_and_code(metrics, registry):
    for code in ("OK", "OK", "INVALID_ARGUMENT"):
        metrics.began()
        metrics.ended("recommend", code, 0.007)
    metrics.began()

    def value(name, **labels):
        return registry.get_sample_value(name, labels)

    assert value("matinee_requests_total", rpc="recommend", code="OK") == 2
    assert value("matinee_requests_total", rpc="recommend", code="INVALID_ARGUMENT") == 1
    assert value("matinee_requests_in_progress") == 1
    assert value("matinee_request_seconds_bucket", rpc="recommend", le="0.006") == 0
    assert value("matinee_request_seconds_bucket", rpc="recommend", le="0.008") == 3
    assert math.isclose(value("matinee_request_seconds_sum", rpc="recommend"), 0.021)


def test_what_stages_did(metrics, registry):
    reports = [
        pb.StageReport(stage="filter", items_in=100, items_out=90, milliseconds=0.3),
        # One viewer in, 200 candidates out: nothing is lost there.
        pb.StageReport(stage="encode", items_in=1, items_out=200, milliseconds=3),
    ]
    metrics.ran("recommend", reports)
    metrics.ran("recommend", reports[:1])

    def items(stage, count):
        labels = {"rpc": "recommend", "stage": stage, "count": count}
        return registry.get_sample_value("matinee_stage_items_total", labels)

    assert [items("filter", count) for count in ("in", "kept", "out")] == [200, 180, 20]
    assert [items("encode", count) for count in ("in", "kept", "out")] == [1, 200, 0]
    labels = {"rpc": "recommend", "stage": "filter", "le": "0.0005"}
    assert registry.get_sample_value("matinee_stage_seconds_bucket", labels) == 2


def test_versions(metrics, registry):
    versions = {"prepared": "a", "retrieval": "b", "index": "c", "ranking": "d"}
    metrics.serves(versions)
    assert registry.get_sample_value("matinee_versions", versions) == 1


def test_events_are_counted_as_the_store_took_them(metrics, registry, tmp_path):
    store = CountedEvents(SqliteEvents(tmp_path / "events.sqlite"), metrics)

    def events(*ids):
        ones = np.ones(len(ids))
        items = ["i"] * len(ids)
        return Events(ids, ["u"] * len(ids), items, np.float32(ones), np.int64(ones))

    assert store.append(events("a", "b")) == 2
    assert store.append(events("b", "c", "d")) == 2
    (history,) = store.read(["u"], 10)
    assert len(history) == 4
    store.close()

    def counted(outcome):
        return registry.get_sample_value("matinee_events_total", {"outcome": outcome})

    assert (counted("recorded"), counted("known")) == (4, 1)
