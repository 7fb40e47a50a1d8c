"""The log of a server whose catalogue stays as it was prepared."""

from __future__ import annotations

from collections.abc import Sequence

import grpc

from serving.catalogue_log.log import Change, Edit
from serving.errors import RequestError


class AbsentLog:
    """Nothing was changed, and nothing will be."""

    def identity(self) -> str:
        """As that of an empty log."""
        return ""

    def last(self) -> int:
        """No change."""
        return 0

    def since(self, number: int) -> list[Change]:
        """No changes."""
        return []

    def write(self, edits: Sequence[Edit]) -> int:
        """Refuses.

        Raises:
            RequestError: FAILED_PRECONDITION, always.
        """
        raise RequestError(
            grpc.StatusCode.FAILED_PRECONDITION,
            "this server takes no changes of the catalogue: it was started with "
            "serve.catalogue = 'none'",
        )

    def close(self) -> None:
        """Nothing is open."""


NOTHING_CHANGED = AbsentLog()
