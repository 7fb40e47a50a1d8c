"""How alike the items of a list may be, and the choice of a list that keeps to it."""

from __future__ import annotations

from dataclasses import dataclass

import grpc
import numpy as np

from schemas import recommender_pb2 as pb
from serving.catalogue import Catalogue
from serving.errors import RequestError, invalid


@dataclass(frozen=True)
class Spread:
    """What a request asks for beside the order.

    Attributes:
        diversity: 0: the order alone, to 1: what is least like the items before it.
        caps: Feature name to the most items of a list with the same value.
    """

    diversity: float = 0.0
    caps: tuple[tuple[str, int], ...] = ()

    def __bool__(self) -> bool:
        return bool(self.diversity or self.caps)


@dataclass(frozen=True)
class Room:
    """What the caps leave place for, among some items.

    Attributes:
        has: `[items, values]` bool, of all capped features.
        most: `[values]` int64, items that may have each value.
    """

    has: np.ndarray
    most: np.ndarray

    def fitting(self) -> int:
        """How many items, from the first on, fit into one list together."""
        over = (np.cumsum(self.has, axis=0) > self.most).any(axis=1)
        return int(np.argmax(over)) if over.any() else len(self.has)


def read_spread(request: pb.RecommendRequest, catalogue: Catalogue) -> Spread:
    """The diversity and the caps of a request.

    Raises:
        RequestError: INVALID_ARGUMENT, naming the field at fault.
    """
    if not 0 <= request.diversity <= 1:  # NaN compares false
        raise invalid("diversity", "0 to 1", request.diversity)
    caps: dict[str, int] = {}
    for at, cap in enumerate(request.caps):
        try:
            catalogue.check_feature(cap.feature)
        except ValueError as error:
            raise RequestError(grpc.StatusCode.INVALID_ARGUMENT, f"caps[{at}].{error}") from error
        if cap.feature in caps:
            raise invalid(f"caps[{at}].feature", "each feature once", cap.feature)
        if cap.at_most < 1:
            raise invalid(f"caps[{at}].at_most", "1 or more", cap.at_most)
        caps[cap.feature] = cap.at_most
    return Spread(request.diversity, tuple(caps.items()))


def room(catalogue: Catalogue, rows: np.ndarray, caps: tuple[tuple[str, int], ...]) -> Room:
    """What caps leave place for among items, `[items]` int64 catalogue rows."""
    parts = [(catalogue.values(feature, rows), most) for feature, most in caps]
    return Room(
        has=np.concatenate([np.zeros((len(rows), 0), bool), *(has for has, _ in parts)], axis=1),
        most=np.concatenate(
            [np.zeros(0, np.int64), *(np.full(has.shape[1], most) for has, most in parts)]
        ),
    )


def choose(vectors: np.ndarray, left: Room, k: int, diversity: float) -> np.ndarray:
    """Maximal marginal relevance (Carbonell and Goldstein, SIGIR 1998), with caps.

    Each next item is the one with the largest λ relevance - (1 - λ) (largest cosine to an item
    chosen before), λ = 1 - diversity, of those that the caps leave place for. The relevance falls
    evenly with the place, from 1 for the first item: chances, ratings and blends spread so
    differently that one λ would mean three things.

    Args:
        vectors: `[items, embedding_dim]` float32, best item first; read with some diversity only.
        left: Of the same items.
        k: How many; fewer where the caps leave no place.
        diversity: 0 to 1.

    Returns:
        `[chosen]` int64 places, in the order of the choice.
    """
    items = len(vectors)
    relevance = 1 - np.arange(items) / max(items, 1)
    # An item of which nothing is known has a vector of zeros, which is like no other.
    units = vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-12)
    nearest = np.full(items, -1.0)  # the same for all: the first choice is the most relevant
    free, used = np.ones(items, dtype=bool), np.zeros(len(left.most), dtype=np.int64)
    chosen: list[int] = []
    while len(chosen) < k and free.any():
        worth = (1 - diversity) * relevance - diversity * nearest
        best = int(np.argmax(np.where(free, worth, -np.inf)))
        chosen.append(best)
        free[best] = False
        if diversity:
            nearest = np.maximum(nearest, units @ units[best])
        used += left.has[best]
        full = left.has[best] & (used >= left.most)
        free &= ~left.has[:, full].any(axis=1)
    return np.array(chosen, dtype=np.int64)
