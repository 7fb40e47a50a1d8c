"""Notices when a run directory has builds that belong together and are not served."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from pathlib import Path

from serving.run_versions import RunVersions, latest_versions

log = logging.getLogger(__name__)


class VersionWatch:
    """Looks at a run directory now and then."""

    def __init__(self, run: Path, served: RunVersions, seconds: float) -> None:
        """Looks at nothing yet.

        Args:
            run: The run directory.
            served: What is served now.
            seconds: Between two looks; 0: only when told to.
        """
        self._run = run
        self._seconds = seconds
        self._served: tuple[str, ...] | None = served.identity
        self._seen: tuple[str, ...] | None = served.identity
        self._complaint = ""
        self._now = asyncio.Event()

    def serves(self, versions: RunVersions | None) -> None:
        """Something else is served now; None: several versions are, so that any is to be found."""
        self._served = None if versions is None else versions.identity

    def look_now(self) -> None:
        """Looks at once; what was found before and is not served is found again."""
        self._seen = self._served
        self._now.set()

    async def found(self) -> AsyncIterator[RunVersions]:
        """Each set of versions that is not served, once.

        While stages are being built one after the other, the latest ones do not belong together;
        then there is nothing new yet.
        """
        while True:
            await self._pause()
            versions = await asyncio.to_thread(self._latest)
            if versions is not None and versions.identity != self._seen:
                self._seen = versions.identity
                if self._seen != self._served:
                    yield versions

    async def _pause(self) -> None:
        try:
            async with asyncio.timeout(self._seconds or None):
                await self._now.wait()
        except TimeoutError:
            return
        self._now.clear()

    def _latest(self) -> RunVersions | None:
        try:
            versions = latest_versions(self._run)
        except (OSError, ValueError) as error:
            if str(error) != self._complaint:
                log.info("no new versions yet: %s", error)
            self._complaint = str(error)
            return None
        self._complaint = ""
        return versions
