from dataclasses import replace

import numpy as np
import pytest

from schemas import columns
from schemas.config import RetrievalConfig
from schemas.histories import Histories, history_before
from towers.model import RetrievalModel
from towers.tail import TailScorer, hold_back, users_per_batch

ITEMS = 12
CONFIG = RetrievalConfig(embedding_dim=8, history_len=4, tail_events=3, heads=1, blocks=1)


@pytest.fixture(scope="module")
def scorer() -> TailScorer:
    return make_scorer(CONFIG)


def make_scorer(config: RetrievalConfig) -> TailScorer:
    """Five users of 4, 8, 2, 10 and 3 events, no item twice."""
    random = np.random.default_rng(0)
    lengths = [4, 8, 2, 10, 3]
    items = np.concatenate([random.permutation(np.arange(1, 11))[:n] for n in lengths])
    histories = Histories(
        users=np.array(list("abcde")),
        offsets=np.concatenate([[0], np.cumsum(lengths)]),
        item_id=items,
        rating=np.full(len(items), np.nan, np.float32),
        timestamp=100 + np.arange(len(items)),
        user_features={},
    )
    is_item = (np.arange(ITEMS) > 0) & (np.arange(ITEMS) < ITEMS - 1)
    catalogue = {"item_id": np.arange(ITEMS)}
    model = RetrievalModel(
        catalogue, is_item, is_item, {"item_id": ITEMS}, {}, (1.0, 5.0), config, lambda *_: 0.0
    )
    return TailScorer(model, hold_back(histories, config), config.history_len)


def test_the_tail_is_the_newest_share_of_a_history(scorer: TailScorer):
    # 30 % of 4, 8, 2, 10 and 3 events, rounded down, at most 3.
    assert scorer.tail.counts.tolist() == [1, 2, 0, 3, 0]
    assert scorer.tail.position.tolist() == [
        [-1, -1, 3],
        [-1, 6, 7],
        [-1, -1, -1],
        [7, 8, 9],
        [-1, -1, -1],
    ]
    assert scorer.tail.kept.lengths.tolist() == [3, 6, 2, 7, 3]


@pytest.mark.parametrize(
    ("longest", "message"),
    [
        (3, r"retrieval\.tail_share: expected at least 1 / 3, for .*, got 0\.3"),
        (1, r"retrieval: expected a user with 2 fitted events or more, got 1 at most"),
        (0, r"retrieval: expected a user with 2 fitted events or more, got 0 at most"),
    ],
)
def test_a_tail_without_an_event_is_refused(scorer: TailScorer, longest: int, message: str):
    histories = scorer.tail.histories
    short = histories.head(np.minimum(histories.lengths, longest))
    with pytest.raises(ValueError, match=message):
        hold_back(short, CONFIG)
    if longest > 1:
        enough = replace(CONFIG, tail_share=1 / longest)
        assert hold_back(short, enough).counts.max() == 1


def test_scores_are_of_what_was_not_seen_before_the_event(scorer: TailScorer):
    tail = scorer.tail
    ((rows, queries, scores),) = scorer.batches()
    assert queries.shape == (5, 3, CONFIG.embedding_dim)
    assert scores.shape == (5, 3, ITEMS)
    for user, slot in zip(*np.nonzero(tail.position[rows] >= 0), strict=True):
        start = tail.histories.offsets[user]
        seen = tail.histories.item_id[start : start + tail.position[user, slot]]
        gone = {0, ITEMS - 1, *seen}
        assert set(np.nonzero(np.isneginf(scores[user, slot]))[0]) == gone


def test_a_slot_is_asked_from_the_events_before_its_own():
    # Positions by distance and the whole history in one pass: no slot sees less than a request.
    config = replace(CONFIG, history_len=12, positions="relative")
    scorer = make_scorer(config)
    tail, catalogue = scorer.tail, scorer.model.catalogue_vectors()
    ((rows, queries, _),) = scorer.batches()
    slots = np.argwhere(tail.position[rows] >= 0)
    assert len(slots) == 6
    for user, slot in slots:
        event = tail.histories.offsets[user] + tail.position[user, slot]
        before = history_before(tail.histories, np.array([user]), np.array([event]), 12)
        before[columns.REQUEST_TIMESTAMP] = np.full((1, 13), tail.histories.timestamp[event])
        alone = scorer.model.queries(before, catalogue)[0, -1]
        np.testing.assert_allclose(queries[user, slot], alone, atol=1e-5)


@pytest.mark.parametrize(
    ("k", "expected"),
    [
        # Of ten items 7, 4, 3, 3, 2 and 1 are unseen, and the target is the last of them.
        (10, [1 / np.log2(1 + rank) for rank in (7, 4, 3, 3, 2, 1)]),
        (3, [0, 0, 1 / 2, 1 / 2, 1 / np.log2(3), 1]),
    ],
)
def test_equal_scores_rank_ahead_of_the_target(k: int, expected: list[float]):
    collapsed = make_scorer(CONFIG)
    for weight in collapsed.model.trainable_weights:
        weight.assign(np.zeros(weight.shape))
    assert collapsed.ndcg(k) == pytest.approx(np.mean(expected), abs=1e-9)


def test_a_request_is_at_the_time_of_its_event(scorer: TailScorer):
    # Events are at 100, 101, ...: those of user b, who holds back the last two, at 104 to 111.
    times = scorer._request_times(np.array([1, 2, 0]))
    assert times.tolist() == [[0, 0, 0, 110, 111], [0, 0, 0, 0, 0], [0, 0, 0, 0, 103]]


def test_small_batches_give_the_same(scorer: TailScorer, monkeypatch: pytest.MonkeyPatch):
    ((_, _, together),) = scorer.batches()
    whole = scorer.ndcg()
    monkeypatch.setattr("towers.tail.SCORE_BYTES", 300)
    parts = list(scorer.batches())
    assert [rows.start for rows, *_ in parts] == [0, 2, 4]
    np.testing.assert_allclose(
        np.concatenate([scores for *_, scores in parts]), together, atol=1e-5
    )
    assert scorer.ndcg() == pytest.approx(whole, abs=1e-9)
    assert 0 < whole < 1


def test_scores_of_a_batch_are_bounded():
    assert users_per_batch(slots=10, indices=1_684) == 128
    # 4 bytes x 10 slots x 1M items are 40 MB for each user: six of them stay below 256 MiB.
    assert users_per_batch(slots=10, indices=1_000_000) == 6
    assert users_per_batch(slots=10, indices=50_000_000) == 1
