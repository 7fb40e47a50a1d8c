"""How the small tables and layers beside the item embedding begin."""

from __future__ import annotations

import schemas.tf_runtime  # noqa: F401  (before Keras)

# isort: split
import keras

SMALL_STDDEV = 0.02
"""As in BERT (Devlin et al. 2019, arxiv.org/abs/1810.04805) and the transformers after it."""


def small_normal() -> keras.initializers.Initializer:
    """Normal values around 0, so small that what a part adds to a sum is learned."""
    return keras.initializers.RandomNormal(stddev=SMALL_STDDEV)
