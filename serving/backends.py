"""Which backend the configuration asks for."""

from __future__ import annotations

from schemas.config import ServeConfig
from serving.in_process import InProcess
from serving.signatures import Backend
from serving.tf_serving import TfServing


def backend_of(config: ServeConfig) -> Backend:
    """What runs the models of a server."""
    return TfServing(config) if config.tf_serving else InProcess(config.max_batch)
