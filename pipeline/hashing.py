"""Seeded hashes of ids: draws that are the same in every process, shard and runner."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pyarrow as pa


def seeded_hash(ids: pa.Array, seed: int, purpose: str) -> np.ndarray:
    """SipHash of each string.

    Args:
        ids: Strings `[rows]`.
        seed: 0 to 9999999.
        purpose: At most 9 characters; draws for another purpose are independent.

    Returns:
        uint64 `[rows]`.
    """
    encoded = ids.dictionary_encode()
    words = encoded.dictionary.to_numpy(zero_copy_only=False)
    key = f"{purpose:<9}{seed:07d}"  # sixteen characters, as the hash wants
    return pd.util.hash_array(words, hash_key=key, categorize=False)[encoded.indices.to_numpy()]


def unit_hash(ids: pa.Array, seed: int) -> np.ndarray:
    """A number in [0, 1) for each string: float64 `[rows]`."""
    return (seeded_hash(ids, seed, "unit") >> np.uint64(11)) * 2.0**-53


def mixed(left: np.ndarray, right: np.ndarray | np.uint64) -> np.ndarray:
    """One hash of two, uint64 each; the order matters.

    The finaliser of SplitMix64 (Steele, Lea & Flood, "Fast splittable pseudorandom number
    generators", OOPSLA 2014).
    """
    x = left * np.uint64(0x9E3779B97F4A7C15) + right
    x = (x ^ (x >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    x = (x ^ (x >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return x ^ (x >> np.uint64(31))
