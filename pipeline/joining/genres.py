"""Whether two films share a genre, whatever the genre is called on either side."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

SYNONYMS = {
    "children": "family",
    "children's": "family",
    "film noir": "film-noir",
    "musical": "music",
    "science fiction": "sci-fi",
    "sports": "sport",
}


def share_genre(
    ours: pa.Array, theirs: pa.Array, our_row: np.ndarray, their_row: np.ndarray
) -> np.ndarray:
    """Pair by pair, whether the genres meet.

    Args:
        ours: `[n]` list of string.
        theirs: `[m]` list of string.
        our_row: `[pairs]` int64, rows of `ours`.
        their_row: `[pairs]` int64, rows of `theirs`.

    Returns:
        `[pairs]` bool; false where one of the two has no genres.
    """
    names = pc.unique(pa.concat_arrays([_words(ours.flatten()), _words(theirs.flatten())]))
    return (_flags(ours, names)[our_row] & _flags(theirs, names)[their_row]).any(axis=1)


def has_genre(genres: pa.Array) -> np.ndarray:
    """`[n]` bool for `[n]` list of string."""
    return pc.greater(pc.list_value_length(genres), 0).to_numpy(zero_copy_only=False)


def _words(genres: pa.Array) -> pa.Array:
    lower = pc.utf8_lower(genres)
    at = pc.index_in(lower, pa.array(SYNONYMS))
    return pc.coalesce(pa.array(SYNONYMS.values()).take(at), lower)


def _flags(genres: pa.Array, names: pa.Array) -> np.ndarray:
    flags = np.zeros((len(genres), max(len(names), 1)), bool)
    column = pc.index_in(_words(genres.flatten()), names).to_numpy()
    flags[pc.list_parent_indices(genres).to_numpy(), column] = True
    return flags
