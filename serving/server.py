"""The server process: load, warm up, listen, stop."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import signal
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import grpc
from grpc_health.v1 import health, health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha import reflection

from schemas import recommender_pb2 as pb
from schemas import recommender_pb2_grpc
from schemas.config import ServeConfig
from serving.bundle import open_bundle
from serving.event_store.choose import open_store
from serving.own_process import ANNOUNCEMENT
from serving.recommender import Recommender
from serving.service import RecommenderService

SERVICE = pb.DESCRIPTOR.services_by_name["Recommender"].full_name

THREADS = 4
"""Requests worked on at once: TensorFlow spreads one request over the cores by itself."""

QUIET_SECONDS = 0.2
"""How long nothing must have come in before the port closes."""

LOG_FORMAT = "%(asctime)s %(levelname)s %(name)s %(message)s"

log = logging.getLogger(__name__)


def serve(run: Path, config: ServeConfig) -> None:
    """Serves the latest artefacts of a run directory until SIGTERM or SIGINT.

    Opens the port once the models are warm, then prints `matinee: serving on HOST:PORT`.

    Raises:
        FileNotFoundError: A stage of the run has no finished build.
        ValueError: The stages do not belong together.
        OSError: The address cannot be listened on, or the store of events cannot be opened.
        ImportError: The store is Redis, and its client is not installed.
    """
    logging.basicConfig(level=logging.INFO, format=LOG_FORMAT)
    with contextlib.closing(open_store(config.profiles, run)) as store:
        recommender = Recommender(open_bundle(run), config, store)
        recommender.warm_up()
        asyncio.run(_serve(recommender, config))


async def _serve(recommender: Recommender, config: ServeConfig) -> None:
    with ThreadPoolExecutor(THREADS, thread_name_prefix="request") as pool:
        server = grpc.aio.server(
            options=[
                ("grpc.max_receive_message_length", config.max_message_bytes),
                # Otherwise two servers share a port in silence.
                ("grpc.so_reuseport", 0),
            ]
        )
        service = RecommenderService(recommender, pool, config.max_concurrent)
        recommender_pb2_grpc.add_RecommenderServicer_to_server(service, server)
        condition = health.aio.HealthServicer()  # type: ignore[attr-defined]  # not in the stubs
        health_pb2_grpc.add_HealthServicer_to_server(condition, server)
        reflection.enable_server_reflection(
            (SERVICE, health.SERVICE_NAME, reflection.SERVICE_NAME), server
        )
        port = _listen(server, config)
        stop = _stop_signal()
        await server.start()
        for name in (health.OVERALL_HEALTH, SERVICE):
            await condition.set(name, health_pb2.HealthCheckResponse.SERVING)
        print(f"{ANNOUNCEMENT}{_host(config)}:{port}", flush=True)

        await stop.wait()
        log.info("stopping: up to %s s for running requests", config.grace_seconds)
        await condition.enter_graceful_shutdown()
        # gRPC's own stop cancels requests that have arrived but not yet reached a handler
        # (github.com/grpc/grpc/issues/41785), so they are let in first.
        await service.quiet(QUIET_SECONDS, at_most=config.grace_seconds / 2)
        await server.stop(config.grace_seconds / 2)
        service.close()


def _listen(server: grpc.aio.Server, config: ServeConfig) -> int:
    """Opens the port and returns it."""
    address = f"{_host(config)}:{config.port}"
    try:
        return server.add_insecure_port(address)
    except RuntimeError as error:
        raise OSError(f"{address}: cannot listen there; is the port taken?") from error


def _host(config: ServeConfig) -> str:
    """The host as it stands before a port: an IPv6 address in brackets."""
    bare = ":" in config.host and not config.host.startswith("[")
    return f"[{config.host}]" if bare else config.host


def _stop_signal() -> asyncio.Event:
    """An event that SIGTERM and SIGINT set."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    return stop
