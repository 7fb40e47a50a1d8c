"""One layer of pair-user attention: what its biases of distance and time look at."""

import numpy as np
import pytest

from ranking.attention import PairUserBlock
from ranking.geometry import DISTANCE_BUCKETS, TIME_TERMS, make_geometry

DIM, LENGTH = 8, 4
FAR = -1e6
"""A bias that leaves nothing of what has it."""
OLDER, NEWEST = 2, LENGTH
"""Tokens of a history; the viewer's is token 0."""


@pytest.fixture
def block() -> PairUserBlock:
    layer = PairUserBlock(DIM, heads=2, dropout=0.0)
    layer.build()
    random = np.random.default_rng(0)
    layer.set_weights([random.normal(0, 0.3, w.shape) for w in layer.get_weights()])
    layer.distance_bias.assign(np.zeros((2, DISTANCE_BUCKETS)))
    layer.time_bias.assign(np.zeros((TIME_TERMS, 2)))
    return layer


def outputs(block: PairUserBlock, owners: int = 1, changed: int | None = None) -> tuple:
    """History and candidate tokens after the layer, with one token of the last owner negated."""
    random = np.random.default_rng(1)
    history = random.normal(size=(1, owners, 1 + LENGTH, DIM)).astype(np.float32)
    candidates = random.normal(size=(1, 1, 2, owners, DIM)).astype(np.float32)
    if changed is not None:
        history[0, -1, changed] *= -1
    times = 1_000_000_000 + 3_600 * np.arange(LENGTH) + np.zeros((1, owners, 1), np.int64)
    known = np.ones((1, owners, LENGTH), bool)
    geometry = make_geometry(known, times, np.ones((1, owners), bool), 1)
    return tuple(np.asarray(part) for part in block(history, candidates, geometry=geometry))


def moved(block: PairUserBlock, changed: int) -> bool:
    """Whether candidates see that a token is another."""
    before, after = outputs(block)[1], outputs(block, changed=changed)[1]
    return bool(np.abs(after - before).max() > 1e-4)


def test_candidates_see_all_events(block: PairUserBlock):
    assert [moved(block, token) for token in range(1 + LENGTH)] == [True] * (1 + LENGTH)


def test_distance_bias_counts_events_back_from_the_newest(block: PairUserBlock):
    # A candidate comes one event after the newest: 1 + floor(2 log2(1 + 1)) = 3, then 4, 5 and 5.
    for bucket, seen in ((0, [0]), (3, [4]), (4, [3]), (5, [1, 2])):
        bias = np.full((2, DISTANCE_BUCKETS), FAR)
        bias[:, bucket] = 0.0
        block.distance_bias.assign(bias)
        found = [token for token in range(1 + LENGTH) if moved(block, token)]
        assert found == seen


def test_distance_bias_between_events(block: PairUserBlock):
    bias = np.full((2, DISTANCE_BUCKETS), FAR)
    bias[:, 1] = 0.0  # distance 0: an event itself, and another owner's newest
    block.distance_bias.assign(bias)
    before = outputs(block, owners=2)[0][0]
    for token, also_first_owner in ((OLDER, False), (NEWEST, True)):
        change = np.abs(outputs(block, owners=2, changed=token)[0][0] - before).max(axis=-1)
        first, last = change[0, 1:] > 1e-4, change[1, 1:] > 1e-4
        assert last.tolist() == [event == token for event in range(1, 1 + LENGTH)]
        assert first.tolist() == [also_first_owner] * LENGTH


def test_time_bias_takes_from_what_is_long_ago(block: PairUserBlock):
    terms = np.zeros((TIME_TERMS, 2))
    terms[1] = FAR  # of the log of the time, which is 0 for the newest event
    block.time_bias.assign(terms)
    # The viewer token has no time and no bias.
    assert [token for token in range(1 + LENGTH) if moved(block, token)] == [0, NEWEST]


def test_time_bias_of_known_times(block: PairUserBlock):
    terms = np.zeros((TIME_TERMS, 2))
    terms[0] = FAR
    block.time_bias.assign(terms)
    assert [token for token in range(1 + LENGTH) if moved(block, token)] == [0]


def test_without_an_owner_bias_both_owners_see_the_same():
    random = np.random.default_rng(2)
    one = random.normal(size=(1, 1, 2, 1, DIM)).astype(np.float32)
    candidates = np.repeat(one, 2, axis=3)
    histories = random.normal(size=(1, 2, 1 + LENGTH, DIM)).astype(np.float32)
    times = 1_000_000_000 + 3_600 * np.arange(LENGTH) + np.zeros((1, 2, 1), np.int64)
    known = np.ones((1, 2, LENGTH), bool)
    geometry = make_geometry(known, times, np.ones((1, 2), bool), 1)
    apart = []
    for owner_bias in (True, False):
        layer = PairUserBlock(DIM, heads=2, dropout=0.0, owner_bias=owner_bias)
        layer.build()
        found = np.asarray(layer(histories, candidates, geometry=geometry)[1])
        apart.append(np.abs(found[..., 0, :] - found[..., 1, :]).max())
    assert apart[0] > 1e-3
    assert apart[1] < 1e-6
