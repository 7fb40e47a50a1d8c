"""Whether a Redis server and its client are there."""

from __future__ import annotations

import importlib.util
import shutil

import pytest

from benchmarks.redis_server import DURABLE, RedisServer

__all__ = ["DURABLE", "RedisServer", "needs_redis"]

_missing = [
    *(["the program redis-server"] if shutil.which("redis-server") is None else []),
    *(["the Python package redis"] if importlib.util.find_spec("redis") is None else []),
]
needs_redis = pytest.mark.skipif(bool(_missing), reason=f"not installed: {' and '.join(_missing)}")
