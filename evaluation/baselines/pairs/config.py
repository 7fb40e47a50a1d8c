"""Settings of the pair models.

How windows and pairs are cut is the preparation's to say: `prepare.window_len`, `window_step`,
`pair_history_len` and `pairs_per_item` (schemas/config/prepare.py).
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class PairAttentionConfig:
    """Of `PairAttention`; the defaults are those of the model that it stands for.

    Attributes:
        embedding_dim: Width of a film's and of a person's vector; the model's own is not known.
        heads: Attention heads.
        hidden: Widths of the dense layers.
        dropout: Dropout rate of attention and dense layers.
        learning_rate: Of Adagrad.
        batch_size: Pairs in a training step.
        epochs: Passes over all pairs.
        pairs_per_item: Most pairs of windows with one target film, which are else millions.
        seed: Of pairs, initial weights, order and dropout.
    """

    embedding_dim: int = 32
    heads: int = 3
    hidden: tuple[int, ...] = (256, 128)
    dropout: float = 0.1
    learning_rate: float = 0.01
    batch_size: int = 32
    epochs: int = 10
    pairs_per_item: int = 100
    seed: int = 1


@dataclass(frozen=True)
class PairEncoderConfig:
    """Of `PairEncoder`; what is known of its model is its three networks, not their sizes.

    Attributes:
        hidden: Widths of the user's and of the film's network; the last is that of their vectors.
        combiner: Widths of the combining network.
        learning_rate: Of Adam.
        batch_size: Pairs in a training step.
        epochs: Passes over all pairs.
        seed: Of initial weights and order.
    """

    hidden: tuple[int, ...] = (128, 64, 32)
    combiner: tuple[int, ...] = (64,)
    learning_rate: float = 1e-3
    batch_size: int = 128
    epochs: int = 10
    seed: int = 1
