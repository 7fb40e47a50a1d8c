"""Owners as requests of their own, for the ranker in which they do not read each other."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import schemas.tf_runtime  # noqa: F401  (before Keras)

# isort: split
from keras import ops

CANDIDATE = "candidate_vector"


def each_owner_alone(batch: dict[str, Any], of_owners: Iterable[str]) -> dict[str, Any]:
    """A row for each owner, `[batch * owners, 1, ...]`, with the candidates of all.

    Args:
        batch: As in `ranking.model.Ranker.call`.
        of_owners: What is taken along of the owners, `[batch, owners, ...]`.
    """
    owners = ops.shape(batch["owner_mask"])[1]
    alone = {name: ops.reshape(batch[name], (-1, 1, *batch[name].shape[2:])) for name in of_owners}
    return alone | {CANDIDATE: ops.repeat(batch[CANDIDATE], owners, axis=0)}


def owners_together(tokens: Any, batch: dict[str, Any]) -> Any:
    """Tokens `[batch * owners, cutoffs, candidates, 1, dim]` with the owners side by side again."""
    owners = ops.shape(batch["owner_mask"])[1]
    cutoffs, candidates, width = tokens.shape[1], ops.shape(tokens)[2], tokens.shape[-1]
    apart = ops.reshape(tokens, (-1, owners, cutoffs, candidates, width))
    return ops.transpose(apart, (0, 2, 3, 1, 4))
