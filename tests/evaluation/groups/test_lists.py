import numpy as np
import pytest

from evaluation.groups.aggregators import AGGREGATORS
from evaluation.groups.candidates import GroupCandidates
from evaluation.groups.lists import OF_AGGREGATORS, OF_MODEL, RETRIEVAL, rank_for_groups
from tests.evaluation.build import make_requests

REQUESTS = make_requests([[0], [1], [2]], [3, 3, 3], items=10)
# Of each person what they would watch next and how they would rate it, of items 4 to 8.
WATCH = np.array([[3.0, 1, 0, 2, 0], [0, 0, 2, 1.5, 1], [0, 5, 0, 0, 0]])
RATING = np.array([[3.0, 5, 4, 1, 2], [5, 1, 3, 4, 2], [2, 2, 2, 2, 2]])


class Ranker:
    """Scores by the tables above; together with others a person likes item 8 more."""

    def __init__(self):
        self.asked = []

    def __call__(self, requests, owners, item_index, score, valid):
        self.asked.append((owners.tolist(), score.shape))
        assert score.shape == (*item_index.shape, owners.shape[1])
        at = np.where(valid, item_index, 4) - 4
        more = (item_index == 8) * 9.0 * (owners.shape[1] > 1)
        watch = np.stack([WATCH[o][:, at[g]] for g, o in enumerate(owners)]) + more[:, None]
        rating = np.stack([RATING[o][:, at[g]] for g, o in enumerate(owners)])
        return {
            "watch_next": np.where(valid[..., None], watch.transpose(0, 2, 1), np.nan),
            "rating": rating.transpose(0, 2, 1),
            "joint_rating": rating.mean(axis=1) + more,
        }


def candidates(*items, score=None):
    width = max(map(len, items))
    valid = np.arange(width) < np.array([[len(of)] for of in items])
    index = np.array([[*of, *[0] * (width - len(of))] for of in items])
    shape = (len(items), width, 2)
    return GroupCandidates(index, np.zeros(shape) if score is None else np.array(score), valid)


PAIR = np.array([[0, 1]])


def test_there_is_a_list_for_everything():
    lists = rank_for_groups(REQUESTS, PAIR, candidates([4, 5, 6, 7, 8]), Ranker(), 3)
    names = [RETRIEVAL, *sum(OF_MODEL.values(), ()), *sum(OF_AGGREGATORS.values(), ())]
    assert set(lists) == set(names)
    assert len(names) == 1 + 5 + 2 * len(AGGREGATORS)
    assert all(items.shape == (1, 3) for items in lists.values())


def test_the_model_is_asked_for_all_together_and_for_each_alone():
    ranker = Ranker()
    rank_for_groups(REQUESTS, np.array([[0, 1], [2, 0]]), candidates([4, 5], [4, 6]), ranker, 2)
    assert ranker.asked == [
        ([[0, 1], [2, 0]], (2, 2, 2)),
        ([[0], [2]], (2, 2, 1)),
        ([[1], [0]], (2, 2, 1)),
    ]


def test_lists_of_the_model_by_hand():
    lists = rank_for_groups(REQUESTS, PAIR, candidates([4, 5, 6, 7, 8]), Ranker(), 5)
    # Powers of e: 20.1 2.7 1 7.4 8103 and 1 1 7.4 4.5 22026. Shares in thousandths
    # 2.5 .33 .12 .91 996 and .05 .05 .34 .20 999.
    assert lists["watch_next"].tolist() == [[8, 4, 7, 6, 5]]
    # The least: .05 .05 .12 .20 996, where 4 is before 5 by the mean.
    assert lists["watch_next_least_misery"].tolist() == [[8, 7, 6, 4, 5]]
    # Mean ratings 4 3 3.5 2.5 2: joint 2 + 9 for item 8.
    assert lists["rating_joint"].tolist() == [[8, 4, 6, 5, 7]]
    assert lists["rating_mean"].tolist() == [[4, 6, 5, 7, 8]]
    # Least ratings 3 1 3 1 2: 4 before 6 and 7 before 5, as they would rather be watched.
    assert lists["rating_least_misery"].tolist() == [[4, 6, 8, 7, 5]]


def test_lists_of_aggregators_read_each_member_alone():
    lists = rank_for_groups(REQUESTS, PAIR, candidates([4, 5, 6, 7, 8]), Ranker(), 5)
    # Mean logits 1.5 .5 1 1.75 .5, where 5 and 8 are equal but for rounding.
    assert lists["watch_next_mul"][0, :3].tolist() == [7, 4, 6]
    # Powers of e: 20.1 2.7 1 7.4 1, sum 32.2; 1 1 7.4 4.5 2.7, sum 16.6. Shares
    # .624 .084 .031 .230 .031 and .060 .060 .445 .270 .164.
    # Sums .684 .145 .476 .499 .195; minima .060 .060 .031 .230 .031; maxima .624 .084 .445 .270
    # .164. Equal ones go by the sum: 4 before 5, 6 before 8.
    assert lists["watch_next_avg"].tolist() == [[4, 7, 6, 8, 5]]
    assert lists["watch_next_lms"].tolist() == [[7, 4, 5, 6, 8]]
    assert lists["watch_next_mpl"].tolist() == [[4, 6, 7, 8, 5]]
    # Minima of ratings 3 1 3 1 2, equal ones by the sum of shares again.
    assert lists["rating_lms"].tolist() == [[4, 6, 8, 7, 5]]
    assert lists["rating_avg"].tolist() == [[4, 6, 5, 7, 8]]


def test_retrieval_goes_by_the_mean_of_the_scores():
    score = [[[1, 0], [0, 3], [2, 2]]]
    lists = rank_for_groups(REQUESTS, PAIR, candidates([4, 5, 6], score=score), Ranker(), 3)
    assert lists[RETRIEVAL].tolist() == [[6, 5, 4]]


def test_a_member_more_sure_than_others_does_not_get_more():
    # Twice the logits are other shares, which add up to 1 all the same: person 2, sure of 5, gets
    # .98 there, person 1 .45 for 6.
    lists = rank_for_groups(REQUESTS, np.array([[1, 2]]), candidates([4, 5, 6, 7, 8]), Ranker(), 2)
    assert lists["watch_next_avg"].tolist() == [[5, 6]]


@pytest.mark.parametrize("k", [2, 4])
def test_padding_is_not_listed_and_a_group_has_the_same_lists_in_any_batch(k):
    groups, found = np.array([[0, 1], [1, 2]]), candidates([4, 5, 6, 7, 8], [6, 8])
    together = rank_for_groups(REQUESTS, groups, found, Ranker(), k)
    alone = rank_for_groups(REQUESTS, groups[[1]], candidates([6, 8]), Ranker(), k)
    for name, items in together.items():
        np.testing.assert_array_equal(items[[1]], alone[name], name)
        assert sorted(items[1][:2]) == [6, 8]
        assert (items[1][2:] == -1).all()
