"""Table `[ranking]`."""

from __future__ import annotations

from dataclasses import dataclass

from schemas.config.checks import at_least, check_training, refuse


@dataclass(frozen=True)
class RankingConfig:
    """`ranking/`: the behaviour-sequence transformer with pair-user attention.

    Attributes:
        embedding_dim: Width of tokens.
        history_len: Newest events of each owner's history that are read.
        blocks: Transformer blocks.
        heads: Attention heads in each block.
        hidden: Widths of each head's MLP.
        dropout: Dropout rate on tokens, attention output and MLPs.
        negatives: Retrieved but unwatched candidates beside each watched one, sampled per epoch.
        pairs_per_item: Upper limit of user pairs taken per commonly rated item and epoch.
        pair_batch_size: Pairs in a training step.
        batch_size: Users in a training step.
        learning_rate: Peak rate of AdamW, after a warm-up and before a cosine decay.
        weight_decay: Of AdamW.
        epochs: Epochs trained; the log has validation figures of each.
        rating_weight: Weight of the owners' rating loss.
        pair_weight: Weight of what pairs teach: the loss of their mean rating and of each one's.
        watch_next_weight: Weight of the listwise watch-next loss.
        jit: Compile the training step with XLA; here XLA's CPU code is several times slower.
        seed: Seed of initial weights, samples and dropout.
    """

    embedding_dim: int = 64
    history_len: int = 50
    blocks: int = 2
    heads: int = 2
    hidden: tuple[int, ...] = (256, 128)
    dropout: float = 0.2
    negatives: int = 24
    pairs_per_item: int = 40
    pair_batch_size: int = 16
    batch_size: int = 32
    learning_rate: float = 1e-3
    weight_decay: float = 0.01
    epochs: int = 10
    rating_weight: float = 1.0
    pair_weight: float = 1.0
    watch_next_weight: float = 1.0
    jit: bool = False
    seed: int = 1

    def __post_init__(self) -> None:
        check_training("ranking", self)
        at_least("ranking", self, negatives=1, pairs_per_item=1, pair_batch_size=1)
        at_least("ranking", self, rating_weight=0, pair_weight=0, watch_next_weight=0)
        if not self.hidden or min(self.hidden) < 1:
            refuse("ranking.hidden", "widths of at least 1", self.hidden)
