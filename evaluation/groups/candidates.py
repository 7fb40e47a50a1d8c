"""What retrieval finds for the members of a group, united."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple, Protocol

import numpy as np

from evaluation.groups.people import People
from evaluation.requests import Requests


class GroupCandidates(NamedTuple):
    """What retrieval found for any member of each group.

    Attributes:
        item_index: int64 `[groups, candidates]`, catalogue index, rising, each once; anything where
            not valid.
        score: float32 `[groups, candidates, members]`, the inner product for every member, whoever
            the item was found for.
        valid: bool `[groups, candidates]`, False behind the end of a shorter row.
    """

    item_index: np.ndarray
    score: np.ndarray
    valid: np.ndarray


class Towers(Protocol):
    """The retrieval model, such as `evaluation.saved_models.RetrievalModel`."""

    item_vectors: np.ndarray
    """float32 `[items, embedding_dim]`."""

    def encode(self, requests: Requests, rows: np.ndarray) -> np.ndarray:
        """Query vectors: float32 `[rows, embedding_dim]`."""


class FilteredSearch(Protocol):
    """Nearest items by inner product, some left out: the index as the server asks it."""

    def __call__(
        self, queries: np.ndarray, k: int, barred: Sequence[np.ndarray]
    ) -> tuple[np.ndarray, np.ndarray]:
        """The k nearest items that are not barred.

        Args:
            queries: float32 `[queries, embedding_dim]`.
            k: Items of each query.
            barred: For each query the int64 item indices never to return.

        Returns:
            Item index int `[queries, k]` and bool `[queries, k]` validity.
        """


def find_candidates(
    requests: Requests,
    people: People,
    groups: np.ndarray,
    towers: Towers,
    search: FilteredSearch,
    k: int,
) -> GroupCandidates:
    """The k items that come first among those nearest to any member, and nobody has seen.

    As the server does it (`serving.stages.Retrieve`): among equals the smaller index is kept.

    Args:
        requests: The split.
        people: Who there is.
        groups: int64 `[groups, members]` of people.
        towers: The retrieval model.
        search: Its items' index.
        k: Items asked for each member, and kept of each group.

    Raises:
        ValueError: The search returned what is barred.
    """
    size, members = groups.shape
    recommendable = people.recommendable(groups)
    barred = [np.flatnonzero(~free) for free in recommendable for _ in range(members)]
    queries = towers.encode(requests, people.row[groups.ravel()])
    item, valid = search(queries, k, barred)
    best_place = np.full(recommendable.shape, k)
    query, place = np.nonzero(valid)
    np.minimum.at(best_place, (query // members, item[query, place]), place)
    wanted = best_place < k
    wrong = wanted & ~recommendable
    if wrong.any():
        got = requests.item_ids[np.nonzero(wrong)[1][0]]
        raise ValueError(f"search: expected items that no member has seen, got {got!r}")
    np.put_along_axis(wanted, np.argsort(best_place, axis=1, kind="stable")[:, k:], False, axis=1)
    found = wanted.sum(axis=1)
    item_index = np.argsort(~wanted, axis=1, kind="stable")[:, : found.max()]
    vectors = towers.item_vectors[item_index]
    score = vectors @ queries.reshape(size, members, -1).transpose(0, 2, 1)
    return GroupCandidates(item_index, score, np.arange(item_index.shape[1]) < found[:, None])
