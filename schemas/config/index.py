"""Table `[index]`."""

from __future__ import annotations

from dataclasses import dataclass

from schemas.config.checks import at_least, refuse


@dataclass(frozen=True)
class IndexConfig:
    """The ScaNN index.

    Attributes:
        exact_below: Catalogues smaller than this are searched exactly.
        tree_from: Catalogues of at least this size get a partitioning tree with SOAR.
        recall_target: Least acceptable recall@`recall_k` against exact search; a build that
            misses it fails.
        recall_k: Neighbours compared.
        recall_queries: Real queries that choose the search effort, of those that the retrieval
            stage drew; recall is reported of as many others.
        rebuild_share: New, changed and deleted items, as a share of the indexed ones, above which
            a server says that its index needs a rebuild (`matinee index --rebuild`).
        seed: Seed of the query samples.
    """

    exact_below: int = 20_000
    tree_from: int = 100_000
    recall_target: float = 0.95
    recall_k: int = 200
    recall_queries: int = 1_000
    rebuild_share: float = 0.01
    seed: int = 1

    def __post_init__(self) -> None:
        if not 0 <= self.recall_target <= 1:
            refuse("index.recall_target", "0 to 1", self.recall_target)
        if not 0 <= self.rebuild_share <= 1:
            refuse("index.rebuild_share", "0 to 1", self.rebuild_share)
        at_least("index", self, exact_below=0, recall_k=1, recall_queries=1, seed=0)
        if self.tree_from < self.exact_below:
            expected = f"at least exact_below = {self.exact_below}"
            refuse("index.tree_from", expected, self.tree_from)
