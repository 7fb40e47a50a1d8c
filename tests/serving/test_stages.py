"""How viewers' scores are brought together."""

from __future__ import annotations

import numpy as np

from serving.stages import mean_chance


def test_chances_by_hand() -> None:
    # Shares .5 .25 .25 and 0 .5 .5, the second by logits that no power of e can hold.
    logits = np.log(np.float32([[2, 1e-9], [1, 1], [1, 1]])) + np.float32([0, 1_000])
    np.testing.assert_allclose(mean_chance(logits), [0.25, 0.375, 0.375], atol=1e-5)


def test_one_viewer_keeps_their_order() -> None:
    logits = np.random.default_rng(0).normal(size=(50, 1)).astype(np.float32)
    assert (np.argsort(mean_chance(logits)) == np.argsort(logits[:, 0])).all()
