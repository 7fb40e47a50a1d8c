"""Logs as JSON lines: request ids, status codes and durations, never what a request says of people.

An exception is logged as its type and the places it came through, without its message, which may
quote a request.
"""

from __future__ import annotations

import json
import logging
import os
import time
import traceback
from typing import Any


class JsonLines(logging.Formatter):
    """One JSON object a line: `time` (UTC), `level`, `logger`, `process`, `message`.

    What a log call gives as `extra=fields(...)` stands beside them.
    """

    def format(self, record: logging.LogRecord) -> str:
        """The line, without its end."""
        seconds = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(record.created))
        line: dict[str, Any] = {
            "time": f"{seconds}.{int(record.msecs):03d}Z",
            "level": record.levelname,
            "logger": record.name,
            "process": os.getpid(),
            "message": record.getMessage(),
            **getattr(record, "fields", {}),
        }
        if record.exc_info and record.exc_info[1] is not None:
            line |= failure(record.exc_info[1])["fields"]
        return json.dumps(line, ensure_ascii=False, default=str)


def fields(**values: Any) -> dict[str, Any]:
    """What a log call takes as `extra`, so that the values become fields of its line."""
    return {"fields": values}


def failure(error: BaseException, **values: Any) -> dict[str, Any]:
    """`fields` of an unexpected error: its type and where it came from, without its message."""
    frames = traceback.format_tb(error.__traceback__)
    return fields(**values, error=type(error).__name__, frames="".join(frames))


def write_json_lines() -> None:
    """Sends all logs of this process to stderr as JSON lines."""
    handler = logging.StreamHandler()
    handler.setFormatter(JsonLines())
    logging.basicConfig(level=logging.INFO, handlers=[handler], force=True)
