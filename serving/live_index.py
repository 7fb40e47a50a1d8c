"""The index that a server searches while items come, change and go."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np

from schemas.artifacts import Artifact
from serving.retriever import Retriever, open_retriever

Build = Callable[[list[str], np.ndarray], Artifact]
"""Item ids and their vectors `[items, embedding_dim]` float32 to a finished index in a directory of
its own."""
Change = Callable[[Retriever], Retriever]


class LiveIndex:
    """A built index that takes changes; safe to use from several threads.

    `current` is a value: a request takes it once and searches in it, and rows mean the same in it
    for as long. Readers take no lock. Writers wait for each other; one copies a byte for each built
    item and the side items. While a rebuild runs, others read and write; at its end writers wait
    until the changes made meanwhile are made again in what it built.
    """

    def __init__(self, artifact: Artifact) -> None:
        """Opens an index directory; see `open_retriever`."""
        self._current = open_retriever(artifact)
        self._writing = threading.Lock()
        self._rebuilding = threading.Lock()
        self._since_rebuild: list[Change] | None = None

    @property
    def current(self) -> Retriever:
        """The index as it is now."""
        return self._current

    @property
    def needs_rebuild(self) -> bool:
        """Whether the share of changes has passed `index.rebuild_share`."""
        return self._current.needs_rebuild

    def upsert(self, item_ids: Sequence[str], vectors: np.ndarray) -> None:
        """Adds items, or gives them other vectors; found by the next search.

        Args:
            item_ids: Each once.
            vectors: `[items, embedding_dim]` float32, finite.

        Raises:
            ValueError: Something else; then nothing has changed.
        """
        taken = np.array(vectors, dtype=np.float32)  # a copy: the caller's may change
        width = self._current.index.vectors.shape[1]
        if taken.shape != (len(item_ids), width):
            raise ValueError(f"vectors: expected [{len(item_ids)}, {width}], got {taken.shape}")
        if not np.isfinite(taken).all():
            at = int(np.argmin(np.isfinite(taken).all(axis=1)))
            raise ValueError(f"vectors[{at}]: expected finite numbers, got NaN or infinity")
        ids = tuple(item_ids)
        _check_ids(ids)
        self._change(lambda current: with_items(current, ids, taken))

    def delete(self, item_ids: Sequence[str]) -> None:
        """Takes items out; no search that begins later finds them.

        Raises:
            ValueError: An id twice or of no item; then nothing has changed.
        """
        ids = tuple(item_ids)
        _check_ids(ids)
        self._change(lambda current: without_items(current, ids))

    def rebuild(self, build: Build) -> Artifact:
        """Merges all changes into a new index and swaps it in; the old directory stays as it is.

        Rows are counted anew: built items keep their order, new ones follow.

        Args:
            build: It writes the index; it takes as long as it takes.

        Returns:
            What `build` returned.

        Raises:
            ValueError: What was built does not hold the items it was given.
            Exception: What `build` raises. The old index, with its changes, then stays in use.
        """
        with self._rebuilding:
            with self._writing:
                old, self._since_rebuild = self._current, []
            try:
                rows = old.live_rows
                known = old.item_ids
                item_ids = [known[row] for row in rows]
                artifact = build(item_ids, old.vectors(rows))
                new = open_retriever(artifact)
                if new.item_ids != item_ids:
                    raise ValueError(
                        f"{artifact.path}: expected the {len(item_ids)} items of the rebuild in "
                        f"their order, got {len(new)} others"
                    )
                with self._writing:
                    for change in self._since_rebuild:
                        new = change(new)
                    self._current = new
                    self._since_rebuild = None
            except BaseException:
                with self._writing:
                    self._since_rebuild = None
                raise
        return artifact

    def _change(self, change: Change) -> None:
        with self._writing:
            self._current = change(self._current)
            if self._since_rebuild is not None:
                self._since_rebuild.append(change)


def with_items(current: Retriever, item_ids: Sequence[str], vectors: np.ndarray) -> Retriever:
    """An index in which some items, each once, are found by the vectors given."""
    rows = np.array([current.row(item_id) for item_id in item_ids], dtype=np.int64)
    unknown = np.flatnonzero(rows < 0)
    rows[unknown] = np.arange(len(unknown)) + len(current)
    new = {item_ids[at]: int(rows[at]) for at in unknown.tolist()}
    return replace(current, changes=current.changes.with_items(rows, vectors, new))


def without_items(current: Retriever, item_ids: Sequence[str]) -> Retriever:
    """An index in which some items, each once, are not found.

    Raises:
        ValueError: One is no item of it.
    """
    rows = current.rows(item_ids)
    if (rows < 0).any():
        gone = [item_id for item_id, row in zip(item_ids, rows, strict=True) if row < 0]
        raise ValueError(f"item_ids: expected ids of items, got {gone}")
    return replace(current, changes=current.changes.without_items(rows))


def _check_ids(item_ids: Sequence[str]) -> None:
    if len(set(item_ids)) != len(item_ids):
        raise ValueError("item_ids: expected each id once")
    for at, item_id in enumerate(item_ids):
        if not item_id or "\n" in item_id:
            raise ValueError(f"item_ids[{at}]: expected an id of one line, got {item_id!r}")
