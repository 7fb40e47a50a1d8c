"""Every held-out rating is turned into its opposite, and nothing that is fitted notices."""

from __future__ import annotations

import numpy as np
import pytest

from evaluation.baselines.pairs.encoder import read_pairs
from evaluation.baselines.pairs.facts import Facts
from evaluation.baselines.pairs.windows import paired_windows
from evaluation.requests import read_requests
from schemas.artifacts import Artifact


@pytest.mark.slow
def test_held_out_ratings_change_no_feature_and_no_label(
    signal: Artifact, turned: Artifact
) -> None:
    before, after = (read_requests(data.path, "test") for data in (signal, turned))
    np.testing.assert_array_equal(after.target_rating, 6 - before.target_rating)
    assert (after.target_rating != before.target_rating).any()

    windows, others = (paired_windows(data, "fit", 20, 1) for data in (signal, turned))
    np.testing.assert_array_equal(windows.rating, others.rating)
    for name, values in windows.inputs.items():
        np.testing.assert_array_equal(values, others.inputs[name])

    facts, other_facts = Facts.read(signal), Facts.read(turned)
    np.testing.assert_array_equal(facts.item_mean, other_facts.item_mean)
    np.testing.assert_array_equal(
        facts.people(before, before.rows), other_facts.people(after, after.rows)
    )
    for mine, theirs in zip(
        read_pairs(signal, "fit", facts), read_pairs(turned, "fit", other_facts), strict=True
    ):
        np.testing.assert_array_equal(mine, theirs)
