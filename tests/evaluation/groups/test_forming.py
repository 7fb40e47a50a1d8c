import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evaluation.groups.forming import KINDS, form_groups, mean_similarity
from evaluation.groups.people import People


def make_people(similarity, seen=None, held_out=None):
    """Without more said, nobody has seen anything and everybody likes item 0."""
    count = len(similarity)
    seen = np.zeros((count, 2), bool) if seen is None else np.array(seen, bool)
    held_out = np.tile([5.0, np.nan], (count, 1)) if held_out is None else np.array(held_out)
    return People(np.arange(count), seen, held_out.astype(np.float32), np.array(similarity))


def random_people(count, items, seed):
    rng = np.random.default_rng(seed)
    similarity = rng.uniform(-1, 1, (count, count))
    seen = rng.random((count, items)) < 0.3
    rated = ~seen & (rng.random((count, items)) < 0.4)
    held_out = np.where(rated, rng.integers(1, 6, (count, items)), np.nan)
    return make_people((similarity + similarity.T) / 2, seen, held_out)


# Four people: 0 and 1 are alike, so are 2 and 3; 0 and 3, and 1 and 2, are opposites.
SIMILARITY = [[0, 0.9, 0.1, -0.8], [0.9, 0, -0.7, 0.2], [0.1, -0.7, 0, 0.6], [-0.8, 0.2, 0.6, 0]]


def as_sets(groups):
    return {frozenset(group) for group in groups.tolist()}


@pytest.mark.parametrize("seed", range(4))
def test_pairs_by_hand(seed):
    # Whoever begins, the nearest and the farthest of each are these.
    people = make_people(SIMILARITY)
    similar = form_groups(people, "similar", 2, 5, 4.0, seed)
    assert as_sets(similar) == {frozenset({0, 1}), frozenset({2, 3})}
    assert mean_similarity(people, similar) == pytest.approx(0.75)
    dissimilar = form_groups(people, "dissimilar", 2, 5, 4.0, seed)
    assert as_sets(dissimilar) == {frozenset({0, 3}), frozenset({1, 2})}
    assert mean_similarity(people, dissimilar) == pytest.approx(-0.75)


def test_the_worst_pair_of_a_group_counts():
    # Person 0 begins (see the seed below) and takes 1. Then 2 is like 0 alone, .8 and -.9, and 3
    # like neither much, .1 and .2: a similar group takes 3.
    similarity = np.zeros((4, 4))
    similarity[0, 1:] = [0.9, 0.8, 0.1]
    similarity[1, 2:] = [-0.9, 0.2]
    similarity[2, 3] = 0.3
    people = make_people(similarity + similarity.T)
    seed = next(s for s in range(99) if np.random.default_rng(s).permutation(4)[0] == 0)
    assert form_groups(people, "similar", 3, 1, 4.0, seed).tolist() == [[0, 1, 3]]
    # A dissimilar one begins with 3 (.1) and then takes, by the greater of both, 1 (.9) or 2 (.8).
    assert form_groups(people, "dissimilar", 3, 1, 4.0, seed).tolist() == [[0, 3, 2]]


def test_random_groups_follow_from_the_seed():
    people = random_people(40, 30, seed=1)
    once = form_groups(people, "random", 4, 8, 3.0, seed=5)
    np.testing.assert_array_equal(form_groups(people, "random", 4, 8, 3.0, seed=5), once)
    assert (form_groups(people, "random", 4, 8, 3.0, seed=6) != once).any()


def test_nobody_is_with_people_who_leave_them_nothing():
    # Person 1 has seen the only thing that the others would like, and so can be with nobody.
    seen = [[0, 0], [1, 0], [0, 0], [0, 0]]
    held_out = [[5, np.nan], [np.nan, 5], [5, np.nan], [5, np.nan]]
    for seed in range(4):
        people = make_people(SIMILARITY, seen, held_out)
        groups = form_groups(people, "similar", 2, 5, 4.0, seed)
        assert groups.shape == (1, 2)
        assert 1 not in groups


def test_what_is_rated_below_the_threshold_is_not_liked():
    held_out = [[3, np.nan], [5, np.nan], [5, np.nan], [5, np.nan]]
    people = make_people(SIMILARITY, held_out=held_out)
    assert 0 not in form_groups(people, "similar", 2, 5, 4.0, seed=1)
    assert 0 in form_groups(people, "similar", 2, 5, 3.0, seed=1)


@settings(max_examples=60)
@given(
    kind=st.sampled_from(KINDS),
    size=st.integers(2, 5),
    most=st.integers(1, 6),
    seed=st.integers(0, 99),
)
def test_groups_keep_their_promises(kind, size, most, seed):
    people = random_people(30, 40, seed)
    groups = form_groups(people, kind, size, most, 3.0, seed)
    assert groups.shape[1] == size
    assert 1 <= len(groups) <= most
    assert len(np.unique(groups)) == groups.size
    left = (people.held_out[groups] >= 3.0) & ~people.seen[groups].any(axis=1)[:, None]
    assert left.any(axis=2).all()


def test_similar_groups_are_more_alike_than_others():
    people = random_people(60, 40, seed=2)
    found = {
        kind: mean_similarity(people, form_groups(people, kind, 4, 8, 3.0, seed=1))
        for kind in KINDS
    }
    assert found["similar"] > found["random"] + 0.2
    assert found["dissimilar"] < found["random"] - 0.2


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"kind": "alike"}, r"kind: expected one of \('random', .*got 'alike'"),
        ({"size": 1}, "size, most: expected at least 2 and 1, got 1 and 3"),
        ({"most": 0}, "size, most: expected at least 2 and 1, got 2 and 0"),
        ({"size": 5}, "enough people for one random group of 5, .* got none"),
    ],
)
def test_errors(change, message):
    asked = {"kind": "random", "size": 2, "most": 3, "threshold": 4.0, "seed": 1} | change
    with pytest.raises(ValueError, match=message):
        form_groups(make_people(SIMILARITY), **asked)
