"""Table `[retrieval]`."""

from __future__ import annotations

from dataclasses import dataclass

from schemas.config.checks import at_least, check_choice, check_training, refuse

ENCODERS = ("transformer", "gru", "cnn", "mean")
PRECISIONS = ("float32", "mixed_bfloat16")
POSITIONS = ("learned", "relative")
DEVICES = ("one", "mirrored", "workers")
LOSSES = ("full_softmax", "tfrs", "sampled_softmax")


@dataclass(frozen=True)
class RetrievalConfig:
    """`towers/`: the two-tower model.

    Attributes:
        embedding_dim: Width of query and item vectors.
        history_len: Newest events of a history that the encoder reads.
        encoder: History encoder: `transformer`, `gru`, `cnn` or `mean` (`towers/encoders/`).
        blocks: Layers of the encoder.
        heads: Attention heads in each layer of a transformer.
        positions: Of a transformer: `learned` vectors that count from the newest event, or
            `relative`, biases of attention by distance.
        time_bias: Of a transformer: attention has biases by the time between two events.
        gated: Feed-forward layers are gated (SwiGLU).
        successors: Newest events whose items add a second vector to the query, what tends to follow
            them; 0: none.
        request_context: Queries know the hour and the weekday (UTC) of the request.
        item_content: Items are their content features besides their id. Without, an item that was
            not fitted is like any other such item.
        item_id_dropout: Share of item ids that each training step takes for unknown, so that the
            content features of items learn to stand alone: new items are found more often, known
            ones rather less or more often (docs/decisions.md). None where items have no such
            features.
        dropout: Dropout rate on tokens, attention output and feed-forward output.
        loss: `full_softmax` over the whole catalogue, `tfrs` (the same by the TFRS Retrieval task)
            or `sampled_softmax` (an estimate, for catalogues too large to score in every step).
        negatives: Of `sampled_softmax`: items drawn in each step.
        uniform_share: Of `sampled_softmax`: share of them drawn uniformly, the rest by frequency.
        mask_seen: Leave what a window of a history has already out of the negatives: unless a
            request asks for it, it is not recommended again, and preparation keeps one event of a
            person with an item.
        temperature: Divides the inner product of unit vectors; 0 means plain dot product.
        batch_size: Windows of `history_len` events in a training step; long histories are several.
        learning_rate: Peak rate of AdamW, after a warm-up and before a cosine decay.
        weight_decay: Of AdamW.
        epochs: Of the candidate model at most; the weights of the epoch with the best validation
            NDCG@10 stay.
        final_epochs: More epochs for the final model, over all events, on a schedule of its own.
        warmup_steps: Steps over which the rate rises from 0.
        clip_norm: Largest norm of all gradients of a step together; what is longer is scaled down.
        patience: Epochs without a better validation NDCG@10 before stopping.
        tail_share: Share of each user's events held back from the candidate model, whose
            retrievals at those events train the ranker.
        tail_events: Upper limit of held-back events per user.
        candidates: Retrieved items kept per held-back event.
        jit: Compile the training step with XLA.
        precision: `float32`, or `mixed_bfloat16`: products in half the bits, weights in all.
        devices: `one`; `mirrored`, a replica on every GPU (without any, on every logical CPU
            device); or `workers`, replicas on the machines that TF_CONFIG names. Those need
            `jit = false`, and `clip_norm` is then of each replica's share of the gradients.
        checkpoint_seconds: At most so much training is lost by a kill.
        seed: Seed of initial weights, data order and dropout.
    """

    embedding_dim: int = 64
    history_len: int = 50
    encoder: str = "transformer"
    blocks: int = 2
    heads: int = 2
    positions: str = "learned"
    time_bias: bool = True
    gated: bool = False
    successors: int = 0
    request_context: bool = False
    item_content: bool = True
    item_id_dropout: float = 0.1
    dropout: float = 0.2
    loss: str = "full_softmax"
    negatives: int = 2_048
    uniform_share: float = 0.5
    mask_seen: bool = True
    temperature: float = 0.0
    batch_size: int = 64
    learning_rate: float = 4e-3
    weight_decay: float = 0.01
    epochs: int = 24
    final_epochs: int = 12
    warmup_steps: int = 100
    clip_norm: float = 5.0
    patience: int = 6
    tail_share: float = 0.3
    tail_events: int = 10
    candidates: int = 200
    jit: bool = True
    precision: str = "float32"
    devices: str = "one"
    checkpoint_seconds: float = 60.0
    seed: int = 1

    def __post_init__(self) -> None:
        check_training("retrieval", self)
        at_least("retrieval", self, temperature=0, patience=1, candidates=1, successors=0)
        at_least("retrieval", self, negatives=1, final_epochs=1)
        if not 0 < self.uniform_share <= 1:  # with 0, what nobody chose would never be drawn
            refuse("retrieval.uniform_share", "more than 0, at most 1", self.uniform_share)

        check_choice("retrieval.encoder", self.encoder, ENCODERS)
        check_choice("retrieval.positions", self.positions, POSITIONS)
        check_choice("retrieval.loss", self.loss, LOSSES)
        check_choice("retrieval.precision", self.precision, PRECISIONS)
        at_least("retrieval", self, warmup_steps=0, checkpoint_seconds=0)
        check_choice("retrieval.devices", self.devices, DEVICES)
        if self.devices != "one" and self.jit:
            refuse("retrieval.jit", f"false, since devices is {self.devices}", self.jit)
        if not self.clip_norm > 0:  # NaN compares false
            refuse("retrieval.clip_norm", "more than 0", self.clip_norm)
        if not 0 <= self.item_id_dropout < 1:
            refuse("retrieval.item_id_dropout", "0 or more and less than 1", self.item_id_dropout)
        if not 0 < self.tail_share < 1:
            refuse("retrieval.tail_share", "more than 0 and less than 1", self.tail_share)
        # One event to train the ranker on, one to validate it; all from one pass of the encoder.
        if not 2 <= self.tail_events <= self.history_len + 1:
            expected = f"2 to {self.history_len + 1}, which is history_len + 1"
            refuse("retrieval.tail_events", expected, self.tail_events)
