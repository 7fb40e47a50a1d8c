"""Softmax cross-entropy over the catalogue: exact, or estimated from a sample.

The TFRS task (`towers.tfrs_loss`) computes the same number as `full_softmax`; a test holds them
together.
"""

from __future__ import annotations

from typing import Any

import schemas.tf_runtime  # noqa: F401  (before Keras)

# isort: split
from keras import ops

from schemas import columns
from towers.negatives import Negatives
from towers.never import NEVER

CHUNK_BYTES = 4 << 20
"""Most bytes of a `[positions, items]` float32 block of logits, so that it stays in the cache."""
LEAST_BLOCK = 64
"""Positions of a block even so: each block adds a gradient of the whole catalogue, which costs more
than the cache saves where items are many. 64 positions of a million items are 256 MB."""


def block_size(positions: int, items: int) -> int:
    """Positions that `full_softmax` has logits of at once."""
    return min(positions, max(LEAST_BLOCK, CHUNK_BYTES // (4 * items)))


def full_softmax(queries: Any, targets: Any, catalogue: Any, negatives: Negatives) -> Any:
    """Cross-entropy of each target against the catalogue, added up.

    Goes through the positions that have a target in blocks, and takes the gradient of a block while
    its probabilities are at hand (as the fused linear cross-entropy of Liger, Hsu et al. 2024,
    arxiv.org/abs/2410.10989): the logits of a whole batch are never in memory.

    Args:
        queries: `[positions, dim]` float32.
        targets: `[positions]` int64, rows of `catalogue`; 0 where there is none.
        catalogue: `[items, dim]` float32.
        negatives: Of the same positions. The target is always a candidate, whatever they say.

    Returns:
        Scalar float32.
    """
    positions, items = queries.shape[0], catalogue.shape[0]
    block = block_size(positions, items)
    missing = ops.equal(targets, columns.PADDING)
    count = ops.sum(ops.cast(ops.logical_not(missing), "int32"))
    order = ops.argsort(missing)  # those with a target first
    place = ops.argsort(order)
    filled = -(-positions // block) * block
    order = ops.cast(ops.pad(order, [[0, filled - positions]]), "int32")

    def one_block(start: Any, queries: Any, catalogue: Any) -> tuple[Any, Any, Any]:
        rows = ops.slice(order, [start], [block])
        real = ops.cast(start + ops.arange(block, dtype="int32") < count, queries.dtype)
        query, target = ops.take(queries, rows, axis=0), ops.take(targets, rows)
        return _block(query, target, catalogue, negatives.at(rows), real)

    @ops.custom_gradient
    def summed(queries: Any, catalogue: Any) -> Any:
        def step(start: Any, loss: Any, by_query: Any, by_item: Any) -> tuple[Any, ...]:
            more, query_slope, item_slope = one_block(start, queries, catalogue)
            by_query = ops.slice_update(by_query, [start, 0], query_slope)
            return start + block, loss + more, by_query, by_item + item_slope

        dim = queries.shape[1]
        nothing = (ops.zeros(()), ops.zeros((filled, dim)), ops.zeros((items, dim)))
        _, loss, by_query, by_item = ops.while_loop(
            lambda start, *_: start < count, step, (ops.zeros((), "int32"), *nothing)
        )

        def gradient(upstream: Any) -> tuple[Any, Any]:
            return upstream * ops.take(by_query, place, axis=0), upstream * by_item

        return loss, gradient

    return summed(queries, catalogue)


def _block(
    query: Any, target: Any, catalogue: Any, negative: Any, real: Any
) -> tuple[Any, Any, Any]:
    """Loss of a block and its gradients by the block's queries and by the catalogue.

    Args:
        query: `[block, dim]` float32.
        target: `[block]` int64.
        catalogue: `[items, dim]` float32.
        negative: `[block, items]` bool.
        real: `[block]` float32, 0 for positions that only fill the block.
    """
    is_target = ops.arange(catalogue.shape[0], dtype=target.dtype) == ops.expand_dims(target, -1)
    candidate = ops.logical_or(negative, is_target)
    logits = ops.where(candidate, ops.matmul(query, ops.transpose(catalogue)), NEVER)
    total = ops.logsumexp(logits, axis=-1)
    own = ops.sum(ops.where(is_target, logits, 0.0), axis=-1)
    slope = ops.exp(logits - ops.expand_dims(total, -1)) - ops.cast(is_target, logits.dtype)
    slope = slope * ops.expand_dims(real, -1)
    by_query, by_item = ops.matmul(slope, catalogue), ops.matmul(ops.transpose(slope), query)
    return ops.sum((total - own) * real), by_query, by_item


def sampled_softmax(
    queries: Any, positives: Any, negatives: Any, log_expected: Any, allowed: Any
) -> Any:
    """An estimate of `full_softmax` from negatives drawn with replacement.

    A negative that is expected `n q` times in a sample of `n` stands for `1 / (n q)` items: its
    logit is lowered by log(n q) (importance sampling of the partition function, Bengio and Senecal
    2008, doi.org/10.1109/TNN.2007.912312; with such a correction in two-tower models, Yi et al.
    2019, doi.org/10.1145/3298689.3346996). The positive was not drawn,
    so nothing is taken from it.

    Args:
        queries: `[positions, dim]` float.
        positives: `[positions, dim]` float, vectors of the items that came next.
        negatives: `[negatives, dim]` float, vectors of the items drawn.
        log_expected: `[negatives]` float, log of how often each is expected in the sample.
        allowed: `[positions, negatives]` bool, False for what is no negative of a position: its own
            positive (an accidental hit), what was seen before.

    Returns:
        `[positions]` float.
    """
    own = ops.sum(queries * positives, axis=-1, keepdims=True)
    logits = ops.matmul(queries, ops.transpose(negatives)) - log_expected
    logits = ops.concatenate([own, ops.where(allowed, logits, NEVER)], axis=-1)
    return ops.logsumexp(logits, axis=-1) - ops.squeeze(own, -1)
