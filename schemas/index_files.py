"""Files of an index directory, which the index stage writes and a server opens."""

from __future__ import annotations

from pathlib import Path

SEARCHER = "scann"
ITEM_IDS = "item_ids.txt"
"""An id a line, in the order of the vectors."""
ITEM_VECTORS = "item_vectors.npy"


def refuse_pickle(directory: Path) -> None:
    """Checks that ScaNN finds nothing in a directory that it would run.

    Raises:
        ValueError: There is a pickle; the message names it.
    """
    pickles = sorted(str(path) for path in directory.rglob("*.pkl"))
    if pickles:
        raise ValueError(
            f"{pickles[0]}: expected no pickle in an index: ScaNN would run what is in it"
        )
