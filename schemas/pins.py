"""Compares installed packages with the pins that this distribution declares."""

from __future__ import annotations

import importlib.metadata
from collections.abc import Iterable
from dataclasses import dataclass

from packaging.requirements import Requirement

DISTRIBUTION = "matinee"
NOT_INSTALLED = "not installed"


@dataclass(frozen=True)
class Finding:
    """One package.

    Attributes:
        package: Its name.
        installed: The installed version, or `NOT_INSTALLED`.
        wanted: Our version specifier.
        ok: Whether they agree; an extra may also be left out, as training is on a server.
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
    return findings(importlib.metadata.requires(DISTRIBUTION) or [])


def findings(declared: Iterable[str]) -> list[Finding]:
    """The same for given requirements, each as in a distribution's metadata."""
    by_name: dict[str, Requirement] = {}
    for requirement in map(Requirement, declared):
        # Of a package that several extras share any entry will do, but the base's weighs most.
        if requirement.name not in by_name or requirement.marker is None:
            by_name[requirement.name] = requirement
    return [_finding(by_name[name]) for name in sorted(by_name)]


def _finding(requirement: Requirement) -> Finding:
    wanted = str(requirement.specifier)
    optional = requirement.marker is not None  # `extra == "train"`
    try:
        installed = importlib.metadata.version(requirement.name)
    except importlib.metadata.PackageNotFoundError:
        return Finding(requirement.name, NOT_INSTALLED, wanted, optional)
    return Finding(requirement.name, installed, wanted, requirement.specifier.contains(installed))
