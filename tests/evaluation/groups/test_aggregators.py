import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from evaluation.groups import aggregators
from evaluation.groups.aggregators import AGGREGATORS
from tests.evaluation.groups.slow_aggregators import SLOW

# Two members, four candidates.
#        place   0  1  2  3
SCORES = [[[8.0, 5, 1, 4], [0.0, 4, 9, 5]]]
BY_HAND = {
    # Sums 8, 9, 10, 9: places 1 and 3 are equal.
    "avg": [2, 1, 3, 0],
    # Products 0, 20, 9, 20.
    "mul": [1, 3, 2, 0],
    # Minima 0, 4, 1, 4.
    "lms": [1, 3, 2, 0],
    # Maxima 8, 5, 9, 5.
    "mpl": [2, 0, 1, 3],
    # The first's order is 0 1 3 2, Borda 3 2 0 1, p .5 .333 0 .167; the second's 2 3 1 0, Borda
    # 0 1 3 2, p 0 .167 .5 .333. All gains are .5 at first: place 0, after which the first counts
    # half: gains of 1, 2, 3: .333, .5, .417: place 2. Then both count half: .25 and .25: place 1,
    # then 3.
    "gfar": [0, 2, 1, 3],
    # Nothing given: totals 8 9 10 9, of which each is owed half: min(8, 4) + 0 = 4, min(5, 4.5) +
    # min(4, 4.5) = 8.5, 1 + 5 = 6, 4 + 4.5 = 8.5: place 1, which gives 5 and 4. Then totals 17, 19
    # and 18 with 0, 2 and 3: owed 3.5 and 4.5: 3.5 + 0; 4.5 and 5.5: 1 + 5.5 = 6.5; 4 and 5: 4 + 5
    # = 9: place 3, which makes 9 and 9. Totals 26 and 28: owed 4 and 4: 4 + 0; 5 and 5: 1 + 5.
    "ep_fuzzda": [1, 3, 2, 0],
}


@pytest.mark.parametrize("name", AGGREGATORS)
def test_by_hand(name):
    scores, valid = np.array(SCORES), np.ones((1, 4), bool)
    assert AGGREGATORS[name](scores, valid, 4).tolist() == [BY_HAND[name]]
    assert AGGREGATORS[name](scores, valid, 2).tolist() == [BY_HAND[name][:2]]


def test_gfar_turns_to_who_has_nothing_yet():
    # Of the average all four are equal, and the first member would have the first two.
    scores = np.array([[[9.0, 8, 7, 6], [0.0, 1, 2, 3]]])
    valid = np.ones((1, 4), bool)
    assert aggregators.average(scores, valid, 2).tolist() == [[0, 1]]
    # p of the first .5 .333 .167 0, of the second 0 .167 .333 .5: place 0; then, the first halved,
    # gains .333, .417, .5: place 3.
    assert aggregators.gfar(scores, valid, 2).tolist() == [[0, 3]]


def test_gfar_looks_at_a_members_own_best_alone(monkeypatch):
    monkeypatch.setattr(aggregators, "BORDA_ITEMS", 2)
    # Own best two: places 0 and 1; 4 and 3: Borda is 1 for 0 and 4 alone, the rest go by place.
    scores = np.array([[[9.0, 8, 7, 0, 0], [0.0, 0, 7, 8, 9]]])
    assert aggregators.gfar(scores, np.ones((1, 5), bool), 4).tolist() == [[0, 4, 1, 2]]


def test_ep_fuzzda_evens_out_what_members_have():
    # The average likes 0, 1, 2 in turn, all of them the first member's; fairness puts 3 second:
    # after 0 (6 and 0) the totals 11, 10 and 10 owe the second 5.5, 5 and 5, and the first nothing:
    # gains 0, 0 and 4.
    scores = np.array([[[6.0, 5, 4, 0], [0.0, 0, 0, 4]]])
    valid = np.ones((1, 4), bool)
    assert aggregators.average(scores, valid, 3).tolist() == [[0, 1, 2]]
    assert aggregators.ep_fuzzda(scores, valid, 2).tolist() == [[0, 3]]


def test_equal_candidates_keep_their_order():
    scores, valid = np.full((1, 3, 5), 0.5), np.ones((1, 5), bool)
    for name in ("avg", "mul", "lms", "mpl", "ep_fuzzda"):
        assert AGGREGATORS[name](scores, valid, 5).tolist() == [[0, 1, 2, 3, 4]], name


@pytest.mark.parametrize("name", AGGREGATORS)
def test_padding_is_never_listed_and_changes_nothing(name):
    rng = np.random.default_rng(3)
    scores = rng.random((3, 4, 30))
    alone = AGGREGATORS[name](scores, np.ones((3, 30), bool), 12)
    # Padding in between, of whatever value.
    at = np.sort(rng.permutation(37)[:30])
    wide, valid = np.full((3, 4, 37), np.nan), np.zeros((3, 37), bool)
    wide[:, :, at], valid[:, at] = scores, True
    np.testing.assert_array_equal(AGGREGATORS[name](wide, valid, 12), at[alone])
    short = valid & (np.cumsum(valid, axis=1) <= 5)
    found = AGGREGATORS[name](wide, short, 12)
    assert (np.sort(found[:, :5], axis=1) == at[:5]).all()
    assert (found[:, 5:] == -1).all()


@pytest.mark.parametrize("name", AGGREGATORS)
def test_a_group_has_the_same_list_in_any_batch(name):
    scores, valid = np.random.default_rng(4).random((5, 3, 25)), np.ones((5, 25), bool)
    together = AGGREGATORS[name](scores, valid, 10)
    one_by_one = [AGGREGATORS[name](scores[[g]], valid[[g]], 10)[0] for g in range(5)]
    np.testing.assert_array_equal(together, one_by_one)


@pytest.mark.parametrize("name", AGGREGATORS)
def test_more_asked_than_there_is(name):
    found = AGGREGATORS[name](np.array(SCORES), np.ones((1, 4), bool), 6)
    assert found.tolist() == [[*BY_HAND[name], -1, -1]]


@pytest.mark.parametrize("name", AGGREGATORS)
def test_nan_is_an_error(name):
    with pytest.raises(ValueError, match=r"expected .* got"):
        AGGREGATORS[name](np.array([[[1.0, np.nan]]]), np.ones((1, 2), bool), 1)


@pytest.mark.parametrize("name", ["mul", "ep_fuzzda"])
def test_a_negative_score_is_an_error(name):
    with pytest.raises(ValueError, match="scores of 0 or more, got 1 others of 4"):
        AGGREGATORS[name](np.array([[[1.0, 2], [-1, 0]]]), np.ones((1, 2), bool), 1)


@settings(max_examples=150)
@given(
    # Sums and products of such numbers are exact, so ties are ties in both.
    scores=hnp.arrays(
        np.float64,
        st.tuples(st.integers(1, 3), st.sampled_from([1, 2, 4]), st.integers(1, 24)),
        elements=st.sampled_from([0.0, 0.5, 1, 2, 3, 4, 8]),
    ),
    k=st.integers(1, 12),
)
@pytest.mark.parametrize("name", ["avg", "lms", "mpl", "ep_fuzzda", "gfar"])
def test_the_batched_one_is_the_plain_one(name, scores, k):
    found = AGGREGATORS[name](scores, np.ones((len(scores), scores.shape[2]), bool), k)
    for group, listed in zip(scores.tolist(), found.tolist(), strict=True):
        expected = SLOW[name](group, k)
        assert listed == expected + [-1] * (k - len(expected))


def test_the_batched_product_is_the_plain_one():
    # The batched one adds logarithms, which round: drawn numbers have no ties.
    scores = np.random.default_rng(8).random((20, 4, 40))
    found = aggregators.multiplicative(scores, np.ones((20, 40), bool), 10)
    assert found.tolist() == [SLOW["mul"](group, 10) for group in scores.tolist()]


def test_of_a_softmax_the_product_goes_by_the_mean_logit():
    logits = np.random.default_rng(9).normal(size=(6, 3, 30)) * 40
    power = np.exp(logits - logits.max(axis=2, keepdims=True))
    valid = np.ones((6, 30), bool)
    by_product = aggregators.multiplicative(power / power.sum(axis=2, keepdims=True), valid, 10)
    np.testing.assert_array_equal(by_product, aggregators.average(logits, valid, 10))
