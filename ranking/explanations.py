"""What each event of a history adds to a candidate's scores."""

from __future__ import annotations

from typing import Any

import schemas.tf_runtime  # noqa: F401  (before Keras)

# isort: split
from keras import ops

from ranking.model import Ranker
from schemas import columns

SCORES = ("watch_next", "rating", "joint_rating")
"""What lists are ordered by. In place of the chance of `watch_next`, which needs the whole list, it
is its logit."""


def contributions(ranker: Ranker, batch: dict[str, Any], events: int) -> dict[str, Any]:
    """Scores less what they are with one event left unread, each of the newest in turn.

    One pass over a copy of its request for every event. No attention, no feature and no rating
    baseline reads that event, while the places of the others and the times between them stay
    (occlusion, Zeiler and Fergus, ECCV 2014; among removals of one input, Covert, Lundberg and Lee,
    JMLR 2021). Contributions need not add up to the score: what two events say alike, neither of
    them adds. Retrieval scores stay as they are.

    Args:
        ranker: The model.
        batch: As in `Ranker.call`, with one cutoff.
        events: How many of each owner's newest events.

    Returns:
        `watch_next` and `rating`, `[batch, candidates, owners, owners, events]` float32, whose
        score and then whose event, oldest first; `joint_rating` without the first of these axes.
        On the scale of the score; 0 where there is no event. Ratings are not cut to their scale.
    """
    present = ops.not_equal(batch[columns.HISTORY_ITEM_ID], columns.PADDING)
    present = ops.logical_and(present, batch["owner_mask"][..., None])
    newest = ops.nonzero(present[:, :, -events:])
    request, owner, event = (ops.cast(at, "int32") for at in newest)
    variants = {name: ops.take(value, request, axis=0) for name, value in batch.items()}
    variants[columns.HISTORY_MASKED] = _one_masked(present, owner, event, events)

    whole, partial = (_scores(ranker, asked) for asked in (batch, variants))
    places = ops.stack([request, owner, event], axis=1)
    requests, owners = ops.shape(batch["owner_mask"])
    result = {}
    for name in SCORES:
        added = ops.take(whole[name], request, axis=0) - partial[name]
        shape = (requests, owners, events, *ops.shape(added)[1:])
        result[name] = ops.moveaxis(ops.scatter(places, added, shape), (1, 2), (-2, -1))
    return result


def _scores(ranker: Ranker, batch: dict[str, Any]) -> dict[str, Any]:
    """Each of `SCORES`, `[batch, candidates]` and, but for the joint one, `owners`."""
    scores = ranker(batch, training=False)
    mask = ops.cast(batch["owner_mask"], "float32")[:, None]
    of_owners = {name: scores[name][:, 0] * mask for name in ("watch_next", "rating")}
    return of_owners | {"joint_rating": scores["joint_rating"][:, 0]}


def _one_masked(present: Any, owner: Any, event: Any, events: int) -> Any:
    """`[variants, owners, history_len]` bool: True for the one of the newest that each lacks."""
    owners, places = ops.shape(present)[1:]
    of_owner = ops.equal(ops.arange(owners), owner[:, None])
    at = ops.equal(ops.arange(places), (event + (places - events))[:, None])
    return ops.logical_and(of_owner[..., None], at[:, None])
