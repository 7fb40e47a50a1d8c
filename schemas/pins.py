"""Compares installed packages with the pins that this distribution declares."""

from __future__ import annotations

import importlib.metadata
from dataclasses import dataclass

from packaging.requirements import Requirement

DISTRIBUTION = "matinee"


@dataclass(frozen=True)
class Finding:
    """One package.

    Attributes:
        package: Its name.
        installed: The installed version, or "none".
        wanted: Our version specifier.
        ok: Whether they agree.
    """

    package: str
    installed: str
    wanted: str
    ok: bool


def check_pins() -> list[Finding]:
    """Every declared requirement, of all extras, in alphabetical order.

    Raises:
        importlib.metadata.PackageNotFoundError: Matinee itself is not installed.
    """
    declared = [Requirement(line) for line in importlib.metadata.requires(DISTRIBUTION) or []]
    by_name = {requirement.name: requirement for requirement in declared}
    return [_finding(by_name[name]) for name in sorted(by_name)]


def _finding(requirement: Requirement) -> Finding:
    wanted = str(requirement.specifier)
    try:
        installed = importlib.metadata.version(requirement.name)
    except importlib.metadata.PackageNotFoundError:
        return Finding(requirement.name, "none", wanted, False)
    return Finding(requirement.name, installed, wanted, requirement.specifier.contains(installed))
