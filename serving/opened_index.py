"""The files of an index directory, opened."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from schemas.artifacts import Artifact
from schemas.index_files import ITEM_IDS, ITEM_VECTORS
from schemas.searcher import Effort, Searcher, chosen_effort


@dataclass(frozen=True)
class OpenedIndex:
    """A built index; nothing in it changes.

    Attributes:
        kind: `exact`, `ah` or `tree`.
        item_ids: Row to item id.
        vectors: `[items, embedding_dim]` float32, mapped from the file, so that the workers of a
            machine share it.
        searcher: The ScaNN index.
        effort: The search that reached the recall target among the `recall_k` best.
        recall_k: See `effort`.
        exact_share: Share of the items up to which scoring all that pass a filter is cheaper.
        rebuild_share: Share of changed items above which the index wants to be built again.
    """

    kind: str
    item_ids: list[str]
    vectors: np.ndarray
    searcher: Searcher
    effort: Effort
    recall_k: int
    exact_share: float
    rebuild_share: float

    @cached_property
    def rows(self) -> dict[str, int]:
        """Item id to row."""
        return {item_id: row for row, item_id in enumerate(self.item_ids)}


def open_index(artifact: Artifact) -> OpenedIndex:
    """Opens an index directory.

    Raises:
        ValueError: The directory holds a pickle, or ids and vectors do not match.
        FileNotFoundError: A file is missing.
    """
    figures = artifact.figures
    searcher = Searcher(artifact.path, figures["parameters"].get("leaves"))
    ids = (artifact.path / ITEM_IDS).read_bytes().decode()
    item_ids = ids.removesuffix("\n").split("\n")
    vectors = np.load(artifact.path / ITEM_VECTORS, mmap_mode="r", allow_pickle=False)
    if not len(vectors) == len(item_ids) == searcher.items:
        raise ValueError(
            f"{artifact.path}: expected a vector for each of {len(item_ids)} ids, "
            f"got {len(vectors)}, and {searcher.items} in the ScaNN index"
        )
    return OpenedIndex(
        kind=str(figures["kind"]),
        item_ids=item_ids,
        vectors=vectors,
        searcher=searcher,
        effort=chosen_effort(figures["parameters"]),
        recall_k=int(figures["recall_k"]),
        exact_share=float(figures["exact_share"]),
        rebuild_share=float(artifact.manifest["config"]["rebuild_share"]),
    )
