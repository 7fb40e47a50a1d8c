"""What a request wants of items: ids to choose from and conditions on features."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import grpc
import numpy as np

from schemas import recommender_pb2 as pb
from serving.attributes import Between, Condition, NoneOf, OneOf
from serving.catalogue import Catalogue
from serving.errors import RequestError, invalid


@dataclass(frozen=True)
class Filters:
    """What all returned items must be.

    Attributes:
        conditions: All of them must hold.
        allow: Catalogue rows, int64; None: every item.
        unknown: Ids to choose from that the catalogue does not hold.
    """

    conditions: tuple[Condition, ...] = ()
    allow: np.ndarray | None = None
    unknown: int = 0

    def passing(self, catalogue: Catalogue) -> np.ndarray | None:
        """Which items they let through, `[items]` bool; None: all."""
        if self.allow is None and not self.conditions:
            return None
        met = catalogue.meeting(self.conditions)
        if self.allow is not None:
            listed = np.zeros(len(catalogue), dtype=bool)
            listed[self.allow] = True
            met &= listed
        return met


def read_filters(request: pb.RecommendRequest, catalogue: Catalogue, most: int) -> Filters:
    """The filters of a request, whose allowed ids were looked at already.

    Args:
        request: With at most some conditions.
        catalogue: Whose features they name.
        most: How many conditions.

    Raises:
        RequestError: INVALID_ARGUMENT, naming the field at fault.
    """
    if len(request.conditions) > most:
        raise invalid("conditions", f"at most {most}", len(request.conditions))
    conditions = tuple(
        _condition(f"conditions[{at}]", asked, catalogue)
        for at, asked in enumerate(request.conditions)
    )
    if not request.allow_item_ids:
        return Filters(conditions)
    rows = catalogue.rows(request.allow_item_ids)
    return Filters(conditions, rows[rows >= 0], int(np.count_nonzero(rows < 0)))


def check_item_ids(field: str, item_ids: Sequence[str], most: int) -> None:
    """Refuses too many ids, and empty ones.

    Raises:
        RequestError: INVALID_ARGUMENT.
    """
    if len(item_ids) > most:
        raise invalid(field, f"at most {most}", len(item_ids))
    for at, item_id in enumerate(item_ids):
        if not item_id:
            raise invalid(f"{field}[{at}]", "an item id", item_id)


def _condition(field: str, asked: pb.Condition, catalogue: Catalogue) -> Condition:
    condition = _read(field, asked)
    try:
        catalogue.check(condition)
    except ValueError as error:
        raise RequestError(grpc.StatusCode.INVALID_ARGUMENT, f"{field}.{error}") from error
    return condition


def _read(field: str, asked: pb.Condition) -> Condition:
    meets = asked.WhichOneof("meets")
    if meets == "any_of":
        return OneOf(asked.feature, tuple(asked.any_of.values))
    if meets == "none_of":
        return NoneOf(asked.feature, tuple(asked.none_of.values))
    if meets is None:
        raise invalid(field, "any_of, none_of or a range", None)
    least = asked.range.least if asked.range.HasField("least") else None
    most = asked.range.most if asked.range.HasField("most") else None
    if least is None and most is None:
        raise invalid(f"{field}.range", "least or most", None)
    return Between(
        asked.feature,
        -math.inf if least is None else least,
        math.inf if most is None else most,
    )
