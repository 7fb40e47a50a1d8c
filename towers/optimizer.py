"""The optimizer of both stages: AdamW that warms up, then decays along a cosine."""

from __future__ import annotations

from dataclasses import dataclass

import schemas.tf_runtime  # noqa: F401  (before Keras)

# isort: split
import keras


@dataclass(frozen=True)
class Schedule:
    """How long and how fast a fit learns.

    Attributes:
        epochs: Passes over the data, over which the learning rate decays.
        learning_rate: Its peak.
        warmup_steps: Steps from 0 to the peak.
    """

    epochs: int
    learning_rate: float
    warmup_steps: int


LAST_SHARE = 0.05
"""Learning rate of the last step, as a share of the peak."""


def adamw(
    learning_rate: float, weight_decay: float, warmup_steps: int, steps: int, clip_norm: float
) -> keras.optimizers.Optimizer:
    """AdamW with a linear warm-up and a cosine decay.

    Loshchilov and Hutter 2019, arxiv.org/abs/1711.05101.

    Args:
        learning_rate: The peak.
        weight_decay: Decoupled weight decay.
        warmup_steps: Steps from 0 to the peak; at most half of all, so that a short fit learns too.
        steps: All steps, those of the warm-up among them.
        clip_norm: Largest norm of all gradients of a step together.
    """
    warmup_steps = min(warmup_steps, steps // 2)
    schedule = keras.optimizers.schedules.CosineDecay(
        initial_learning_rate=0.0,
        warmup_target=learning_rate,
        warmup_steps=warmup_steps,
        decay_steps=max(steps - warmup_steps, 1),
        alpha=LAST_SHARE,
    )
    return keras.optimizers.AdamW(schedule, weight_decay=weight_decay, global_clipnorm=clip_norm)
