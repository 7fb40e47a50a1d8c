"""Items as the client sees them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from schemas import recommender_pb2 as pb
from serving.catalogue import Catalogue

MOST_KEPT = 10_000


@dataclass
class ShownItems:
    """Makes messages of catalogue rows; safe to call from several threads.

    Most lists are of few items, the same for many people, so those that were made are kept. There
    are at most some thousand: when they are more, all are made anew.

    Attributes:
        catalogue: A state of it; another state has other items.
        most_kept: Items kept at once, but for the request that goes beyond.
    """

    catalogue: Catalogue
    most_kept: int = MOST_KEPT
    _kept: dict[int, pb.Item] = field(default_factory=dict, repr=False)

    def of(self, rows: np.ndarray) -> list[pb.Item]:
        """The items of some rows, in their order; whoever gets them may not change them."""
        wanted = rows.tolist()
        kept = self._kept  # nothing is ever taken out of it, whatever other threads do
        missing = [row for row in dict.fromkeys(wanted) if row not in kept]
        made = dict(zip(missing, self._made(missing), strict=True)) if missing else {}
        found = [made[row] if row in made else kept[row] for row in wanted]
        if len(kept) + len(made) > self.most_kept:
            self._kept = made
        else:
            kept.update(made)
        return found

    def _made(self, rows: Sequence[int]) -> list[pb.Item]:
        features = self.catalogue.features(np.array(rows, dtype=np.int64))
        return [
            pb.Item(
                item_id=self.catalogue.item_id(row),
                features={name: pb.FeatureValues(values=texts) for name, texts in known.items()},
            )
            for row, known in zip(rows, features, strict=True)
        ]
