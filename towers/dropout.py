"""Dropout whose random bits are cheap to compile."""

from __future__ import annotations

import math
from typing import Any

import schemas.tf_runtime  # noqa: F401  (before Keras)

# isort: split
import keras
from keras import ops

MULTIPLIERS = (0x7FEB352D, 0x846CA68B)
SHIFTS = (16, 15, 16)
"""Of the 32-bit integer hash `lowbias32` (Wellons 2018, nullprogram.com/blog/2018/07/31)."""


class Dropout(keras.layers.Layer):
    """Sets a share of the values to 0 in training and scales the others up.

    Each value's random bits are a hash of its place under a key that is new in every call (a
    counter-based generator, as Salmon et al. 2011, doi.org/10.1145/2063384.2063405, though of no
    cryptographic strength). `keras.layers.Dropout` takes them from Philox, which XLA computes on a
    CPU for one value after the other (measured: docs/results/dropout.json).
    """

    def __init__(self, rate: float, **kwargs: Any):
        """Creates the layer.

        Args:
            rate: Share of the values dropped, 0 to less than 1.
            **kwargs: Of `keras.layers.Layer`.
        """
        super().__init__(**kwargs)
        self.rate = rate
        self.random = keras.random.SeedGenerator() if rate else None
        self.supports_masking = True  # value by value: what is padding stays it
        self.built = True

    def call(self, inputs: Any, training: bool | None = None) -> Any:
        """Drops values of a float tensor of any shape; without `training`, none."""
        if not training or self.random is None:
            return inputs
        key = ops.cast(self.random.next(), "uint32")
        keep = random_bits(ops.shape(inputs), key) >= int(self.rate * 2**32)
        return ops.where(keep, inputs / (1.0 - self.rate), ops.zeros_like(inputs))


def random_bits(shape: Any, key: Any) -> Any:
    """Uniform bits that depend on place and key alone.

    Args:
        shape: Of the result; at most 2 ** 31 values.
        key: `[2]` uint32.

    Returns:
        In `shape`, uint32.
    """
    # Known sizes are multiplied here: JAX makes no range of a length that it traces.
    known = all(isinstance(size, int) for size in shape)
    count = math.prod(shape) if known else ops.prod(shape)
    places = ops.cast(ops.arange(count, dtype="int32"), "uint32")
    return ops.reshape(_hash(_hash(places ^ key[0]) ^ key[1]), shape)


def _hash(bits: Any) -> Any:
    """A permutation of the 32-bit integers in which every bit of the input moves every other."""
    for shift, multiplier in zip(SHIFTS, (*MULTIPLIERS, None), strict=True):
        bits = ops.bitwise_xor(bits, ops.right_shift(bits, ops.cast(shift, "uint32")))
        if multiplier is not None:
            bits = ops.multiply(bits, ops.cast(multiplier, "uint32"))
    return bits
