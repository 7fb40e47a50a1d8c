"""What every log of catalogue changes offers, and what goes in and comes out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

Raw = str | float | int | list[str]
"""A raw feature value by its kind, as in `catalogue.parquet`."""

Known = Mapping[str, Raw]
"""All that is known of an item: feature name to value; what is missing is not there."""


@dataclass(frozen=True)
class Edit:
    """A change to make.

    Attributes:
        item_id: Of the item.
        features: All that shall be known of it; None: it is deleted.
    """

    item_id: str
    features: Known | None


@dataclass(frozen=True)
class Change:
    """How an item is by now, where the log says anything of it.

    Attributes:
        number: Of the newest change of the item; later changes have larger numbers.
        place: Of the item among all that the log ever named: of two that which was named first
            has the smaller one. It never changes, so that all workers give new items the same rows.
        item_id: Of the item.
        deleted: Whether it is.
        features: What is known of it, of a deleted one what was; None: as the data was prepared.
    """

    number: int
    place: int
    item_id: str
    deleted: bool
    features: Known | None


class CatalogueLog(Protocol):
    """Changes, the newest of each item; for several threads, and beside other processes.

    The methods raise `StoreUnavailable` where it does not answer.
    """

    def identity(self) -> str:
        """What no other log has; "" while nothing was ever written."""

    def last(self) -> int:
        """Number of the newest change; 0: there is none."""

    def since(self, number: int) -> list[Change]:
        """The changes with larger numbers, by place."""

    def write(self, edits: Sequence[Edit]) -> int:
        """Makes all of some changes or none; they are durable once this returns.

        Args:
            edits: At least one; each item once.

        Returns:
            The number of the first of them, which the others follow.

        Raises:
            RequestError: FAILED_PRECONDITION, the log never takes changes.
        """

    def close(self) -> None:
        """Frees what is open; the log is not used afterwards."""
