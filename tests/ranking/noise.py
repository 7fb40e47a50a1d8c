"""Random weights, for parts that begin with zeros would hide what depends on what."""

from __future__ import annotations

from typing import Any

import numpy as np

from ranking.fast_weights import SPEED


def add_noise(model: Any, scale: float) -> None:
    """Adds `noise` to the weights of a model."""
    added = zip(model.get_weights(), noise(model, scale), strict=True)
    model.set_weights([weight + random for weight, random in added])


def noise(model: Any, scale: float) -> list[np.ndarray]:
    """A normal array for each weight of a model, so that all that they mean varies by `scale`."""
    random = np.random.default_rng(0)
    scales = [scale / SPEED if w.path.endswith("/slow") else scale for w in model.weights]
    return [random.normal(0, s, w.shape) for s, w in zip(scales, model.weights, strict=True)]
