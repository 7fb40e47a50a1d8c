"""Preparation as a user starts it, `python -m pipeline`, with the Beam options of any engine."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from pipeline.adopt import adopt
from pipeline.fetch import fetch
from schemas.artifacts import Artifact, open_artifact
from tests.flink.data import write_archive, write_rich_files
from tests.flink.installation import prism
from tests.flink.processes import free_ports, listens, running, wait_for

SHARDS = 4
LIMIT_SECONDS = 1_500
PRISM_SECONDS = 120
EVERYTHING = """
tasks = ["sequential", "random_masking", "sliding_windows", "pairs"]
statistics_features = ["genres"]
"""
"""Settings that make all that preparation can make."""
MULTI_PROCESSING = ("--direct_running_mode=multi_processing", "--direct_num_workers=2")


def write_data(directory: Path, users: int, items: int, events: int, seed: int) -> Artifact:
    """The generated data set, fetched as a local archive of ml-1m."""
    archive = directory / "ml-1m.zip"
    write_archive(archive, users, items, events, seed)
    return fetch("ml-1m", directory, archive=archive)


def write_rich_data(directory: Path, users: int, items: int, events: int, seed: int) -> Artifact:
    """Generated data with features of every kind, as somebody's own files."""
    return adopt(write_rich_files(directory, users, items, events, seed))


@contextmanager
def preparing(
    data: Artifact, out: Path, beam_args: Sequence[str], settings: str = ""
) -> Iterator[subprocess.Popen[bytes]]:
    """Runs the preparation in a process of its own, which ends with this context.

    Args:
        data: The data set.
        out: Takes the artefact; `<out>.log` takes what the command prints.
        beam_args: Beam options.
        settings: Lines of the table `[prepare]`.
    """
    config = out.with_suffix(".toml")
    config.write_text(f"[prepare]\nshards = {SHARDS}\n{settings}")
    command = [sys.executable, "-m", "pipeline", "--data", str(data.path), "--out", str(out)]
    card = Path(data.figures["card"])
    if card.is_absolute():
        command += ["--card", str(card)]
    with running([*command, "--config", str(config), *beam_args], _log(out)) as process:
        yield process


def finished(process: subprocess.Popen[bytes], out: Path) -> Artifact:
    """What a preparation wrote, once it has ended.

    Raises:
        RuntimeError: It failed; the message has the end of its log.
    """
    code = process.wait(LIMIT_SECONDS)
    if code:
        raise RuntimeError(f"preparation ended with {code}:\n{_log(out).read_text()[-4_000:]}")
    return open_artifact(out)


def prepare(
    data: Artifact, out: Path, beam_args: Sequence[str] = (), settings: str = ""
) -> tuple[Artifact, float]:
    """Runs the preparation to its end.

    Returns:
        The artefact, and the seconds the command took.
    """
    started = time.perf_counter()
    with preparing(data, out, beam_args, settings) as process:
        prepared = finished(process, out)
    return prepared, time.perf_counter() - started


@contextmanager
def prism_server(directory: Path) -> Iterator[list[str]]:
    """Runs Prism; yields the Beam options of a job on it, whose worker is the submitting process.

    Args:
        directory: Takes its log.
    """
    job, web = free_ports(2)
    command = [str(prism()), f"--job_port={job}", f"--web_port={web}"]
    with running(command, directory / "prism.log") as process:
        wait_for(lambda: listens(job), "prism", PRISM_SECONDS, [process])
        yield [
            "--runner=PortableRunner",
            f"--job_endpoint=localhost:{job}",
            "--environment_type=LOOPBACK",
        ]


def _log(out: Path) -> Path:
    return out.with_suffix(".log")
