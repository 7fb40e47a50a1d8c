"""Table `[ranking]`."""

from __future__ import annotations

from dataclasses import dataclass

from schemas.config.checks import at_least, check_choice, check_training, refuse

TASK_WEIGHTS = ("fixed", "learned")
PARTS = ("pair_attention", "owner_bias", "times", "rating_tokens", "item_content")


def like_threshold(share: float, scale: tuple[float, float]) -> float:
    """The least rating of what is liked, for `like_share` and the ends of the rating scale."""
    low, high = scale
    return low + share * (high - low)


@dataclass(frozen=True)
class RankingConfig:
    """`ranking/`: the behaviour-sequence transformer with pair-user attention.

    Attributes:
        embedding_dim: Width of tokens; retrieval's, with whose item vectors the ranker begins.
        history_len: Newest events of each owner's history that are read. What is counted of ratings
            reads them all.
        attention_len: Newest of these that the transformer and the affinities read. It also bounds
            how many of a user's held-back events have lists to train on, to 1 + `attention_len`.
        blocks: Transformer blocks.
        heads: Attention heads in each block.
        hidden: Widths of each head's MLP.
        dropout: Dropout rate on tokens, attention output and MLPs.
        neighbours: Of each item, the items for which its affinity is remembered, and as many that
            are rated alike; a power of two. Counting takes time with the pairs of items that
            users have both rated.
        ease_items: Most popular items among which EASE is fitted, in memory of 24 times its square.
        ease_l2: Its regularisation, in events.
        negatives: Retrieved but unwatched candidates beside each watched one, sampled per epoch.
        easy_negatives: Candidates beside these that are drawn from the whole catalogue, for a
            ranker that is asked about what retrieval would not have found.
        pairs_per_item: About as many user pairs are taken per commonly rated item and epoch at
            most; a quarter of them, rounded up, of each quarter of the users.
        pair_batch_size: Pairs in a training step.
        batch_size: Users in a training step.
        learning_rate: Peak rate of AdamW, after a warm-up and before a cosine decay.
        weight_decay: Of AdamW.
        epochs: Epochs trained, at most; the log has validation figures of each.
        patience: Epochs without a better validation NDCG@10 before stopping; the best epoch's
            weights then stay. 0: all epochs are run and the last one's stay (docs/decisions.md).
        rating_weight: Weight of the owners' rating loss.
        like_weight: Weight of the loss of what is liked.
        like_share: Where on the rating scale liking begins: .75 of 1 to 5 is 4.
        pair_weight: Weight of what pairs teach: the loss of their mean rating and of each one's. A
            step has far fewer ratings of pairs than of single owners, so theirs count little
            (docs/decisions.md).
        watch_next_weight: Weight of the listwise watch-next loss.
        task_weights: `fixed`, the four above, or `learned`: these over a variance of each task that
            is learned along.
        without: Parts of the model left out, to see what each is worth: `pair_attention`, so that
            owners meet in the heads alone; `owner_bias`, so that attention tells nobody's history
            from another's; `times`; `rating_tokens`, so that the transformer reads
            what was watched and not how it was rated; `item_content`, so that an item is its id.
        jit: Compile the training step with XLA; here XLA's CPU code is several times slower.
        checkpoint_seconds: At most so much training is lost by a kill.
        seed: Seed of initial weights, samples and dropout.
    """

    embedding_dim: int = 64
    history_len: int = 300
    attention_len: int = 50
    blocks: int = 2
    heads: int = 2
    hidden: tuple[int, ...] = (256, 128)
    dropout: float = 0.2
    neighbours: int = 64
    ease_items: int = 8_192
    ease_l2: float = 500.0
    negatives: int = 24
    easy_negatives: int = 0
    pairs_per_item: int = 40
    pair_batch_size: int = 16
    batch_size: int = 32
    learning_rate: float = 5e-4
    weight_decay: float = 0.01
    epochs: int = 5
    patience: int = 0
    rating_weight: float = 1.0
    like_weight: float = 1.0
    like_share: float = 0.75
    pair_weight: float = 0.05
    watch_next_weight: float = 1.0
    task_weights: str = "fixed"
    without: tuple[str, ...] = ()
    jit: bool = False
    checkpoint_seconds: float = 60.0
    seed: int = 1

    def __post_init__(self) -> None:
        check_training("ranking", self)
        at_least(
            "ranking",
            self,
            neighbours=1,
            ease_items=1,
            negatives=1,
            pairs_per_item=1,
            pair_batch_size=1,
        )
        at_least("ranking", self, attention_len=1, easy_negatives=0)
        if self.attention_len > self.history_len:
            expected = f"at most ranking.history_len = {self.history_len}"
            refuse("ranking.attention_len", expected, self.attention_len)
        at_least("ranking", self, rating_weight=0, pair_weight=0, watch_next_weight=0)
        at_least("ranking", self, like_weight=0, patience=0, checkpoint_seconds=0)
        check_choice("ranking.task_weights", self.task_weights, TASK_WEIGHTS)
        for part in self.without:
            check_choice("ranking.without", part, PARTS)
        if not 0 < self.like_share <= 1:
            refuse("ranking.like_share", "more than 0 and at most 1", self.like_share)
        if self.neighbours & (self.neighbours - 1):
            refuse("ranking.neighbours", "a power of two", self.neighbours)
        if not self.ease_l2 > 0:
            refuse("ranking.ease_l2", "more than 0", self.ease_l2)
        if not self.hidden or min(self.hidden) < 1:
            refuse("ranking.hidden", "widths of at least 1", self.hidden)
