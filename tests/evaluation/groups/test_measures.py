import math

import numpy as np
import pytest

from evaluation.groups.candidates import GroupCandidates
from evaluation.groups.measures import NAMES, group_values, measure, targets_found
from evaluation.groups.people import People

X = np.nan
THIRD = 1 / math.log2(3)


def make_people(held_out, seen=None):
    held_out = np.array(held_out, np.float32)
    seen = np.zeros(held_out.shape, bool) if seen is None else np.array(seen, bool)
    return People(np.arange(len(seen)), seen, held_out, np.zeros((len(seen), len(seen))))


def test_names():
    assert NAMES == (
        "ndcg@10_mean",
        "ndcg@10_min",
        "graded_ndcg@10_mean",
        "graded_ndcg@10_min",
    )


def test_by_hand():
    # Items         0  1  2  3  4
    people = make_people([[5, X, 2, X, X], [X, 4, X, 4, X]])
    found = group_values(np.array([[1, 0, 4, 2]]), people, np.array([[0, 1]]), 4.0)
    # Binary: the first member's 0 is second: .631 of 1; the second's 1 is first and 3 is missed:
    # 1 of 1 + .631. Graded: gains 31 and 3 at ranks 2 and 4, log2(5) = 2.32; 15 and 15.
    first, second = THIRD, 1 / (1 + THIRD)
    graded = (31 * THIRD + 3 / math.log2(5)) / (31 + 3 * THIRD)
    expected = [(first + second) / 2, second, (graded + second) / 2, min(graded, second)]
    assert second < first
    assert found.tolist() == [pytest.approx(expected)]


def test_what_another_member_has_seen_is_no_target():
    # The first member's 5 for item 0 cannot be recommended: item 1 is what is left.
    people = make_people([[5, 4, X], [X, X, 4]], seen=[[0, 0, 0], [1, 0, 0]])
    found = group_values(np.array([[1, 2]]), people, np.array([[0, 1]]), 4.0)
    assert found[0, 0] == pytest.approx((1 + THIRD) / 2)
    alone = make_people([[5, 4, X], [X, X, 4]])
    assert group_values(np.array([[1, 2]]), alone, np.array([[0, 1]]), 4.0)[0, 0] < found[0, 0]


def test_nothing_behind_the_tenth_counts_and_padding_hits_nothing():
    people = make_people([[*[X] * 11, 5], [5, *[X] * 11]])
    lists = np.array([[*range(1, 11), 11, 0], [0, *[-1] * 11]])
    found = group_values(lists, people, np.array([[0, 1], [0, 1]]), 4.0)
    assert found.tolist() == [[0, 0, 0, 0], [0.5, 0, 0.5, 0]]


def test_a_members_figures_are_those_of_their_group_alone():
    rng = np.random.default_rng(2)
    held_out = np.where(rng.random((12, 40)) < 0.4, rng.integers(1, 6, (12, 40)), np.nan)
    held_out[:, :2] = [[5, 4]]
    people, groups = make_people(held_out), np.arange(12).reshape(4, 3)
    lists = np.argsort(rng.random((4, 40)), axis=1)[:, :10]
    together = group_values(lists, people, groups, 4.0)
    for at in range(4):
        np.testing.assert_allclose(
            group_values(lists[[at]], people, groups[[at]], 4.0)[0], together[at]
        )
        members = [
            group_values(lists[[at]], people, groups[[at], m : m + 1], 4.0)[0] for m in (0, 1, 2)
        ]
        binary, graded = np.array(members)[:, 0], np.array(members)[:, 2]
        expected = [binary.mean(), binary.min(), graded.mean(), graded.min()]
        np.testing.assert_allclose(together[at], expected)


def test_a_member_without_a_target_is_an_error():
    people = make_people([[5, X], [3, X]])
    with pytest.raises(ValueError, match=r"expected at least one for each member .* 1 of 2"):
        group_values(np.array([[0, 1]]), people, np.array([[0, 1]]), 4.0)


def test_targets_found():
    people = make_people([[5, 4, X, 2], [X, 4, 5, X], [5, 5, X, X], [X, X, 5, X]])
    groups = np.array([[0, 1], [2, 3]])
    # Liked: 0, 1 and 1, 2 of the first group, of which its candidates hold both 1s; 0, 1 and 2 of
    # the second, which has 2; its 0 lies in the padding.
    candidates = GroupCandidates(
        np.array([[1, 3], [2, 0]]), np.zeros((2, 2, 2)), np.array([[True, True], [True, False]])
    )
    assert targets_found(candidates, people, groups, 4.0) == (3, 7)


def test_intervals_are_of_groups():
    values = np.random.default_rng(1).random((300, 4))
    found = measure(values, 1_000, seed=1)
    assert list(found) == list(NAMES)
    for at, name in enumerate(NAMES):
        spread = 1.96 * values[:, at].std() / math.sqrt(300)
        assert found[name].value == pytest.approx(values[:, at].mean())
        assert found[name].low == pytest.approx(found[name].value - spread, abs=0.3 * spread)
        assert found[name].high == pytest.approx(found[name].value + spread, abs=0.3 * spread)


def test_the_interval_of_a_difference_is_paired():
    # Two lists that differ by the same everywhere differ for sure, however much groups differ.
    values = np.random.default_rng(1).random((50, 4))
    found = measure((values + 0.25) - values, 200, seed=1)["ndcg@10_mean"]
    assert (found.low, found.high) == (pytest.approx(0.25), pytest.approx(0.25))
