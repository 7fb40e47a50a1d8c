"""A model server for a block of a test, and what goes wrong in it."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from serving.own_process import announced
from serving.tf_serving_export import CONFIG

START_SECONDS = 300.0
"""Many times what loading TensorFlow and the models takes."""

RETRIEVAL, RANKING = "matinee_retrieval", "matinee_ranking"


class Faults:
    """What the server does wrong from its next call on."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def set(self, **of_models: dict[str, Any]) -> None:
        """Model name to its faults (`tests/serving/prediction_server.py`)."""
        aside = self.path.with_suffix(".aside")
        aside.write_text(json.dumps(of_models))
        aside.replace(self.path)

    def clear(self) -> None:
        self.path.unlink(missing_ok=True)


@contextmanager
def model_server(exported: Path, faults: Faults, port: int = 0) -> Iterator[str]:
    """Serves an export for as long as the block lasts, and yields `host:port`."""
    command = [sys.executable, "-m", "tests.serving.prediction_server"]
    command += ["--config", str(exported / CONFIG), "--faults", str(faults.path)]
    command += ["--port", str(port)]
    with announced(command, "the model server", START_SECONDS) as target:
        yield target
