"""The gRPC server of a worker: listen, answer, stop or hand over."""

from __future__ import annotations

import asyncio
import logging
import signal
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

import grpc
from grpc_health.v1 import health, health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha import reflection

from schemas import recommender_pb2 as pb
from schemas import recommender_pb2_grpc
from schemas.config import ServeConfig
from serving.live_recommender import LiveRecommender
from serving.metrics import Metrics
from serving.model_watch import watch_models
from serving.service import RecommenderService
from serving.sockets import connections, host_before_port, stop_listening
from serving.worker import leaving_seconds

SERVICE = pb.DESCRIPTOR.services_by_name["Recommender"].full_name

THREADS = 4
"""Requests worked on at once where that is computing: several, so that one that waits for a disk
keeps no core idle. Another worker is what more cores are for."""

QUIET_SECONDS = 0.2
"""How long nothing must have come in before the port closes."""

LOOK_SECONDS = 0.1
"""How often a replaced worker counts its connections."""

log = logging.getLogger(__name__)


async def serve_until_stopped(
    recommender: LiveRecommender, config: ServeConfig, metrics: Metrics, ready: Callable[[], None]
) -> None:
    """Listens and answers until SIGTERM, or until SIGUSR1 and its last connection's end.

    Args:
        recommender: Warm.
        config: Of the server; its port may be shared with other workers.
        metrics: Counts requests.
        ready: Called once requests are answered.

    Raises:
        OSError: The address cannot be listened on.
    """
    # Calls can only be merged if their requests wait at once, each in a thread of its own; and what
    # waits for another machine shall keep nobody from computing.
    threads = config.max_concurrent if config.asks_others else max(THREADS, config.max_batch)
    with ThreadPoolExecutor(threads, thread_name_prefix="request") as pool:
        service = RecommenderService(recommender, pool, config.max_concurrent, metrics)
        server, condition = _server(service, config)
        port = _listen(server, config)
        stop, replaced = _on(signal.SIGTERM), _on(signal.SIGUSR1)
        await server.start()
        await _set_health(condition, True)
        ready()

        watching = asyncio.create_task(
            watch_models(recommender.check_models, partial(_set_health, condition))
        )
        await _any(stop, replaced)
        if not stop.is_set():
            await _let_go(port, config, stop)
        watching.cancel()
        log.info("stopping: up to %s s for running requests", config.grace_seconds)
        await condition.enter_graceful_shutdown()
        # gRPC's own stop cancels requests that have arrived but not yet reached a handler
        # (github.com/grpc/grpc/issues/41785), so they are let in first.
        await service.quiet(QUIET_SECONDS, at_most=config.grace_seconds / 2)
        await server.stop(config.grace_seconds / 2)
        service.close()


def _server(service: RecommenderService, config: ServeConfig) -> tuple[grpc.aio.Server, Any]:
    """A gRPC server with health and reflection, and what its health is told."""
    server = grpc.aio.server(
        options=[
            ("grpc.max_receive_message_length", config.max_message_bytes),
            # The supervisor sees to it that no other server has the port (serving/sockets.py).
            ("grpc.so_reuseport", 1),
            # gRPC has no other way to ask a client to connect anew that loses no request.
            ("grpc.max_connection_age_ms", round(config.connection_seconds * 1e3)),
        ]
    )
    recommender_pb2_grpc.add_RecommenderServicer_to_server(service, server)
    condition = health.aio.HealthServicer()  # type: ignore[attr-defined]  # not in the stubs
    health_pb2_grpc.add_HealthServicer_to_server(condition, server)
    reflection.enable_server_reflection(
        (SERVICE, health.SERVICE_NAME, reflection.SERVICE_NAME), server
    )
    return server, condition


async def _let_go(port: int, config: ServeConfig, stop: asyncio.Event) -> None:
    """Takes no more connections and waits until those there have reached their age."""
    stop_listening(port)
    at_most = leaving_seconds(config)
    log.info("replaced: up to %.0f s for %s connections", at_most, connections(port))
    ends = time.monotonic() + at_most
    while connections(port) and time.monotonic() < ends and not stop.is_set():
        await asyncio.sleep(LOOK_SECONDS)


async def _set_health(condition: Any, serving: bool) -> None:
    """Says of the server and of its service whether they serve."""
    states = health_pb2.HealthCheckResponse
    for name in (health.OVERALL_HEALTH, SERVICE):
        await condition.set(name, states.SERVING if serving else states.NOT_SERVING)


def _listen(server: grpc.aio.Server, config: ServeConfig) -> int:
    """Opens the port and returns it."""
    address = f"{host_before_port(config.host)}:{config.port}"
    try:
        return server.add_insecure_port(address)
    except RuntimeError as error:
        raise OSError(f"{address}: cannot listen there; is the port taken?") from error


def _on(number: signal.Signals) -> asyncio.Event:
    """An event that a signal sets."""
    came = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(number, came.set)
    return came


async def _any(*events: asyncio.Event) -> None:
    """Waits for the first of some events."""
    waiting = [asyncio.create_task(event.wait()) for event in events]
    try:
        await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in waiting:
            task.cancel()
