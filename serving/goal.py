"""What a list is ordered by: what the objective gives for each viewer, and for all of them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from schemas import recommender_pb2 as pb
from serving.backend import Contributions, RankerScores

RATING_WEIGHT = 0.5
"""Of a blend, unless the request says it."""


@dataclass(frozen=True)
class Goal:
    """How candidates are ordered.

    Attributes:
        objective: Never OBJECTIVE_UNSPECIFIED.
        strategy: Never GROUP_STRATEGY_UNSPECIFIED.
        rating_weight: Of BLEND, what ratings weigh beside chances, 0 to 1.
    """

    objective: pb.Objective
    strategy: pb.GroupStrategy
    rating_weight: float = RATING_WEIGHT

    def viewer_scores(self, scores: RankerScores, scale: tuple[float, float]) -> np.ndarray:
        """What the objective gives for each viewer, `[candidates, viewers]` float64.

        Args:
            scores: Of at least one candidate.
            scale: Ends of the rating scale.
        """
        if self.objective == pb.WATCH_NEXT:
            return chances(scores.watch_next)
        ratings = self._ratings(scores.rating, scores.joint_rating).astype(np.float64)
        if self.objective == pb.RATING:
            return ratings
        low, high = scale
        chance = chances(scores.watch_next)
        return self._blended(chance / chance.max(axis=0), (ratings - low) / (high - low))

    def group_score(self, of_viewers: np.ndarray) -> np.ndarray:
        """`[candidates]` of `[candidates, viewers]`."""
        if self.strategy == pb.LEAST_MISERY:
            return np.asarray(of_viewers.min(axis=1))
        return np.asarray(of_viewers.mean(axis=1))

    def contributions(
        self, moved: Contributions, of_viewers: np.ndarray, scale: tuple[float, float]
    ) -> np.ndarray:
        """What each event adds to the scores of items, `[items, viewers, events]` float64.

        A chance changes as its logit does.

        Args:
            moved: By how much each event moves what the model predicts.
            of_viewers: `[items, viewers]`, the items' `viewer_scores`.
            scale: Ends of the rating scale.
        """
        added = moved.watch_next
        if self.objective != pb.WATCH_NEXT:
            added = self._ratings(moved.rating, moved.joint_rating)
        if self.objective == pb.BLEND:
            low, high = scale
            added = self._blended(moved.watch_next, added / (high - low))
        if self.strategy == pb.LEAST_MISERY:
            least = of_viewers.argmin(axis=1)
            return np.asarray(added[np.arange(len(added)), least], np.float64)
        return np.asarray(added.mean(axis=1, dtype=np.float64))

    def _ratings(self, of_viewers: np.ndarray, joint: np.ndarray) -> np.ndarray:
        """Of each viewer `[items, viewers, ...]`: their own, or the one of all together."""
        if self.strategy != pb.JOINT:
            return of_viewers
        return np.broadcast_to(joint[:, np.newaxis], of_viewers.shape)

    def _blended(self, watch_next: np.ndarray, ratings: np.ndarray) -> np.ndarray:
        return (1 - self.rating_weight) * watch_next + self.rating_weight * ratings


def chances(logits: np.ndarray) -> np.ndarray:
    """Softmax of each viewer's logits.

    Args:
        logits: `[candidates, viewers]` float32.

    Returns:
        The same shape, float64, in which what is far behind does not tie at 0.
    """
    power = np.exp(logits.astype(np.float64) - logits.max(axis=0))
    return np.asarray(power / power.sum(axis=0))
