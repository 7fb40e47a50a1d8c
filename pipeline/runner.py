"""Where Beam runs: in this process unless a runner is named."""

from __future__ import annotations

import argparse
import shutil
from collections.abc import Sequence
from pathlib import Path

import apache_beam as beam
from apache_beam.options.pipeline_options import PipelineOptions
from apache_beam.runners.portability.fn_api_runner import FnApiRunner

ABANDONED = "beam-temp-"


def new_pipeline(beam_args: Sequence[str] = ()) -> beam.Pipeline:
    """A pipeline on the runner that `beam_args` names, else on Beam's in-memory Python runner.

    The bare DirectRunner would first look for Prism and download it
    (apache_beam/runners/direct/direct_runner.py, SwitchingDirectRunner), so it is never taken.

    Args:
        beam_args: Any Beam options, for example `["--runner=FlinkRunner"]`.

    Raises:
        ValueError: As `check_options`.
    """
    check_options(beam_args)
    options = PipelineOptions(list(beam_args))
    if _names_runner(beam_args):
        return beam.Pipeline(options=options)
    return beam.Pipeline(runner=FnApiRunner(), options=options)


def remove_abandoned(directory: Path) -> None:
    """Removes what Beam's writers leave below `directory` when an engine runs a job once more.

    Each attempt writes to a temporary directory of its own
    (apache_beam/io/filebasedsink.py, FileBasedSink.initialize_write) and the last one removes only
    its own.
    """
    for path in sorted(directory.rglob(f"{ABANDONED}*")):
        shutil.rmtree(path)


def check_options(beam_args: Sequence[str]) -> None:
    """Beam itself drops what it does not know with a warning, and a typing error goes unseen.

    Raises:
        ValueError: Without a named runner, which may have options of its own: an option is unknown.
    """
    if _names_runner(beam_args):
        return
    parser = argparse.ArgumentParser(add_help=False, allow_abbrev=False)
    for group in PipelineOptions.__subclasses__():
        if "_add_argparse_args" in vars(group):
            group._add_argparse_args(parser)
    _, unknown = parser.parse_known_args(list(beam_args))
    if unknown:
        raise ValueError(f"options: expected those of `prepare` or of Beam, got {unknown}")


def _names_runner(beam_args: Sequence[str]) -> bool:
    return any(argument.split("=")[0] == "--runner" for argument in beam_args)
