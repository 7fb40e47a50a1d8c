"""The server process: load, warm up, listen, stop."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import signal
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any

import grpc
from grpc_health.v1 import health, health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha import reflection

from schemas import recommender_pb2 as pb
from schemas import recommender_pb2_grpc
from schemas.config import ServeConfig
from serving.backends import backend_of
from serving.bundle import open_bundle
from serving.catalogue_log.choose import open_log
from serving.catalogue_watch import watching
from serving.errors import BackendError
from serving.event_store.choose import open_store
from serving.event_store.store import StoreUnavailable
from serving.live_recommender import LiveRecommender
from serving.model_watch import watch_models
from serving.own_process import ANNOUNCEMENT
from serving.recommender import Recommender
from serving.service import RecommenderService

SERVICE = pb.DESCRIPTOR.services_by_name["Recommender"].full_name

THREADS = 4
"""Requests worked on at once, if none are merged: TensorFlow spreads one over the cores itself."""

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
        OSError: The address cannot be listened on, the models do not answer where the config says
            that they are served, or the store of events or the log of changes cannot be opened.
        ImportError: The store is Redis, and its client is not installed.
    """
    logging.basicConfig(level=logging.INFO, format=LOG_FORMAT)
    with (
        contextlib.closing(open_store(config.profiles, run)) as store,
        contextlib.closing(open_log(config.catalogue, run)) as changes,
    ):
        bundle = open_bundle(run, backend_of(config))
        try:
            recommender = LiveRecommender(
                bundle, changes, lambda state: Recommender(state, config, store)
            )
            recommender.warm_up()
        except BackendError as error:
            raise ConnectionError(f"{config.backend}: {error}") from error
        except StoreUnavailable as error:
            raise OSError(str(error)) from error
        with watching(recommender.refresh):
            asyncio.run(_serve(recommender, config))


async def _serve(recommender: LiveRecommender, config: ServeConfig) -> None:
    # Calls can only be merged if their requests wait at once, each in a thread of its own.
    threads = max(THREADS, config.max_batch)
    with ThreadPoolExecutor(threads, thread_name_prefix="request") as pool:
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
        await _set_health(condition, True)
        print(f"{ANNOUNCEMENT}{_host(config)}:{port}", flush=True)

        watching = asyncio.create_task(
            watch_models(recommender.check_models, partial(_set_health, condition))
        )
        await stop.wait()
        watching.cancel()
        log.info("stopping: up to %s s for running requests", config.grace_seconds)
        await condition.enter_graceful_shutdown()
        # gRPC's own stop cancels requests that have arrived but not yet reached a handler
        # (github.com/grpc/grpc/issues/41785), so they are let in first.
        await service.quiet(QUIET_SECONDS, at_most=config.grace_seconds / 2)
        await server.stop(config.grace_seconds / 2)
        service.close()


async def _set_health(condition: Any, serving: bool) -> None:
    """Says of the server and of its service whether they serve."""
    states = health_pb2.HealthCheckResponse
    for name in (health.OVERALL_HEALTH, SERVICE):
        await condition.set(name, states.SERVING if serving else states.NOT_SERVING)


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
