"""Beam's Python worker as a process of a task manager: the boot step of `environment_type=PROCESS`.

A task manager calls the command with a worker id and its provision endpoint, and expects the
worker to ask there for the rest, as the `boot` program of Beam's containers does.
"""

from __future__ import annotations

import argparse
import os
import sys

import grpc
from apache_beam.portability.api import beam_provision_api_pb2, beam_provision_api_pb2_grpc
from google.protobuf import json_format, text_format

PROVISION_SECONDS = 60


def main() -> None:
    """Becomes the worker, so that what the task manager ends is the worker itself."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--id", required=True)
    parser.add_argument("--provision_endpoint", required=True)
    arguments, _ = parser.parse_known_args()
    info = _provision(arguments.provision_endpoint, arguments.id)
    os.environ |= {
        "WORKER_ID": arguments.id,
        "PIPELINE_OPTIONS": json_format.MessageToJson(info.pipeline_options),
        "LOGGING_API_SERVICE_DESCRIPTOR": text_format.MessageToString(info.logging_endpoint),
        "CONTROL_API_SERVICE_DESCRIPTOR": text_format.MessageToString(info.control_endpoint),
        "RUNNER_CAPABILITIES": " ".join(info.runner_capabilities),
    }
    module = "apache_beam.runners.worker.sdk_worker_main"
    os.execv(sys.executable, [sys.executable, "-m", module])  # noqa: S606  no shell is wanted


def _provision(endpoint: str, worker: str) -> beam_provision_api_pb2.ProvisionInfo:
    with grpc.insecure_channel(endpoint) as channel:
        stub = beam_provision_api_pb2_grpc.ProvisionServiceStub(channel)
        request = beam_provision_api_pb2.GetProvisionInfoRequest()
        answer = stub.GetProvisionInfo(
            request, timeout=PROVISION_SECONDS, metadata=[("worker_id", worker)]
        )
    return answer.info


if __name__ == "__main__":
    main()
