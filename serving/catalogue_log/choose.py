"""The log of catalogue changes that `serve.catalogue` names."""

from __future__ import annotations

from pathlib import Path

from serving.catalogue_log.absent import NOTHING_CHANGED
from serving.catalogue_log.log import CatalogueLog
from serving.catalogue_log.sqlite import SqliteLog

BESIDE_RUN = Path("state", "catalogue.sqlite")
"""Where a run directory has its changes, unless the configuration names a file."""


def open_log(catalogue: str, run: Path) -> CatalogueLog:
    """Opens the log of a server; a file is made when something is first written.

    Args:
        catalogue: `serve.catalogue`, which `ServeConfig` has checked.
        run: The run directory.

    Raises:
        OSError: What is there cannot be opened.
        ValueError: What is there is no log of ours.
    """
    if catalogue == "none":
        return NOTHING_CHANGED
    named = catalogue.removeprefix("sqlite:")
    return SqliteLog(Path(named) if named else run / BESIDE_RUN)
