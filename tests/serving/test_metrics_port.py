"""Counts of real processes, asked for over HTTP."""

import os
import socket
import subprocess
import sys
import urllib.request

import pytest

from schemas.artifacts import ROOT
from serving.metrics_port import MetricsPort
from serving.metrics_variable import DIRECTORY_VARIABLE

COUNT = """
from prometheus_client import CollectorRegistry
from serving.metrics import Metrics
metrics = Metrics(CollectorRegistry())
metrics.began()
metrics.ended("recommend", "OK", 0.01)
metrics.began()
metrics.serves({"prepared": "a", "retrieval": "b", "index": "c", "ranking": "d"})
"""


@pytest.fixture
def free_port():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]


def asked(port):
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=10) as answer:
        lines = answer.read().decode().splitlines()
    return dict(line.rsplit(" ", 1) for line in lines if not line.startswith("#"))


def count(directory):
    """Runs a process that answers one request and is working on another when it ends."""
    environment = os.environ | {DIRECTORY_VARIABLE: str(directory)}
    process = subprocess.Popen([sys.executable, "-c", COUNT], cwd=ROOT, env=environment)
    assert process.wait(timeout=60) == 0
    return process.pid


def test_counts_outlive_their_process_and_gauges_do_not(free_port):
    with MetricsPort(free_port) as port:
        first, second = count(port.directory), count(port.directory)
        found = asked(free_port)
        assert found['matinee_requests_total{code="OK",rpc="recommend"}'] == "2.0"
        assert found["matinee_requests_in_progress"] == "2.0"
        port.ended(first)
        found = asked(free_port)
        assert found["matinee_requests_in_progress"] == "1.0"
        assert found['matinee_request_seconds_count{rpc="recommend"}'] == "2.0"
        versions = 'matinee_versions{index="c",prepared="a",ranking="d",retrieval="b"}'
        assert found[versions] == "1.0"
        port.ended(second)
        assert versions not in asked(free_port)
        port.reloads.labels("refused").inc()
        found = asked(free_port)
        assert found['matinee_reloads_total{outcome="refused"}'] == "1.0"
        assert found['matinee_reloads_total{outcome="swapped"}'] == "0.0"
        directory = port.directory
    assert not directory.exists()
    with pytest.raises(OSError, match="refused"):
        asked(free_port)


def test_a_taken_port(free_port):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", free_port))
        taken.listen()
        with pytest.raises(OSError, match=f"metrics_port: cannot listen on {free_port}: "):
            MetricsPort(free_port)


def test_no_port_is_asked_for():
    with MetricsPort(0) as port:
        assert port.directory is None
        port.restarts.inc()
        port.ended(1)
