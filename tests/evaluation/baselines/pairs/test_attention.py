"""Who is who: people's ids as indices."""

from __future__ import annotations

import numpy as np

from evaluation.baselines.pairs.attention import _user_index


def test_strangers_share_the_first_index() -> None:
    known = np.array([b"10", b"2"])
    asked = np.array([[b"2", b"3"], [b"10", b"1"]])
    assert _user_index(known, asked).tolist() == [[2, 0], [1, 0]]
