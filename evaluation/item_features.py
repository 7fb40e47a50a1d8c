"""What the catalogue says of its items, for the diversity of lists."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from scipy import sparse

from schemas.card_features import FeatureKind
from schemas.cards import card_from_dict

KINDS = (FeatureKind.MULTI_CATEGORICAL, FeatureKind.CATEGORICAL)


def read_item_features(prepared: Path, names: tuple[str, ...]) -> sparse.csr_array | None:
    """Multi-hot rows of unit length, one for each item of the catalogue, in its order.

    Args:
        prepared: The artefact's directory.
        names: Features to take; none: every categorical and multi-categorical one.

    Returns:
        float64 `[items, values]`, a row of 0 where nothing is known; None if the catalogue has no
        such feature.

    Raises:
        ValueError: A name is not that of such a feature.
    """
    path = prepared / "card.json"
    card = card_from_dict(json.loads(path.read_text()), str(path))
    known = [name for name, feature in card.item_features.items() if feature.kind in KINDS]
    unknown = [name for name in names if name not in known]
    if unknown:
        raise ValueError(
            f"evaluate.diversity_features: expected names out of {known}, got {unknown[0]!r}"
        )
    if not known:
        return None
    table = pq.read_table(prepared / "catalogue.parquet", columns=list(names or known))
    hot = sparse.hstack([_multi_hot(column.combine_chunks()) for column in table], format="csr")
    length = np.sqrt(hot.power(2).sum(axis=1))
    return sparse.diags_array(1 / np.maximum(length, 1)) @ hot


def _multi_hot(column: pa.Array) -> sparse.csr_array:
    """One column for each value: float64 `[rows, values]` of 0 and 1; "" is no value."""
    if pa.types.is_list(column.type):
        row, values = pc.list_parent_indices(column), column.flatten()
    else:
        row, values = pa.array(np.arange(len(column))), column
    given = pc.not_equal(values, "")
    words = values.filter(given).dictionary_encode()
    place = (row.filter(given).to_numpy(), words.indices.to_numpy())
    ones = np.ones(len(words))
    hot = sparse.coo_array((ones, place), shape=(len(column), len(words.dictionary))).tocsr()
    hot.data[:] = 1.0  # a value that a list has twice was added up
    return hot
