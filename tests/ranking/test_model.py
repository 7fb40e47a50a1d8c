"""The properties that the ranker has by construction, on random weights."""

from collections.abc import Iterator

import numpy as np
import pytest

from ranking.affinities import KINDS
from ranking.model import Ranker
from schemas.config import RankingConfig
from tests.ranking.noise import noise

import keras  # isort: skip  (after the modules above, which prepare the process)
import tensorflow as tf  # isort: skip

DIM, LENGTH, WIDTH = 8, 5, 9
TOLERANCE = {"atol": 1e-5, "rtol": 1e-5}
FAR = -1e6
"""An attention bias that leaves nothing of what has it."""


@pytest.fixture(scope="module")
def ranker() -> Ranker:
    keras.utils.set_random_seed(3)
    return make_ranker(attention_len=LENGTH)


def make_ranker(attention_len: int) -> Ranker:
    config = RankingConfig(
        embedding_dim=DIM,
        history_len=LENGTH,
        attention_len=attention_len,
        blocks=2,
        heads=2,
        hidden=(16, 8),
    )
    model = Ranker({"item_id": 30}, {"age": 6}, (1.0, 5.0), 3.5, config)
    model.set_weights(noise(model, 0.3))
    return model


def make_batch(rows: int, owners: int, candidates: int, cutoffs: int = 1) -> dict:
    random = np.random.default_rng(rows * 100 + owners * 10 + candidates)
    ids = random.integers(1, 30, (rows, owners, LENGTH))
    empty = random.integers(0, LENGTH, (rows, owners))
    ids = np.where(np.arange(LENGTH) < empty[..., None], 0, ids)
    rating = random.integers(1, 6, ids.shape).astype(np.float32)
    stamps = 1_000_000_000 + np.cumsum(random.integers(0, 10_000, ids.shape), axis=-1)
    return {
        "history_item_id": ids,
        "history_rating": np.where(ids > 0, rating, np.nan).astype(np.float32),
        "history_timestamp": np.where(ids > 0, stamps, 0),
        "history_vector": random.normal(size=(*ids.shape, WIDTH)).astype(np.float32),
        "candidate_vector": random.normal(size=(rows, cutoffs, candidates, WIDTH)).astype(
            np.float32
        ),
        "retrieval_score": random.normal(size=(rows, cutoffs, candidates, owners)).astype(
            np.float32
        ),
        "affinity": random.exponential(
            0.1, (rows, cutoffs, candidates, owners, LENGTH, len(KINDS))
        ).astype(np.float32),
        "agreement": random.exponential(0.1, (rows, cutoffs, candidates, owners, LENGTH)).astype(
            np.float32
        ),
        "owner_mask": np.ones((rows, owners), bool),
        "age": random.integers(0, 6, (rows, owners)),
    }


OF_EVENTS = ("affinity", "agreement")
"""Of each candidate and event of each owner: `[rows, cutoffs, candidates, owners, events, ...]`."""
OF_CANDIDATES = ("candidate_vector", "retrieval_score", *OF_EVENTS)
HISTORY = ("history_item_id", "history_rating", "history_timestamp", "history_vector")


def score(ranker: Ranker, batch: dict) -> dict[str, np.ndarray]:
    return {name: np.asarray(v) for name, v in ranker(batch, training=False).items()}


def take(batch: dict, **axes) -> dict:
    """Chosen owners or candidates of every tensor that has that axis."""
    owners, candidates = axes.get("owners"), axes.get("candidates")
    result = dict(batch)
    if owners is not None:
        for name in (*HISTORY, "owner_mask", "age"):
            result[name] = result[name][:, owners]
        result["retrieval_score"] = result["retrieval_score"][..., owners]
        for name in OF_EVENTS:
            result[name] = result[name][:, :, :, owners]
    if candidates is not None:
        for name in OF_CANDIDATES:
            result[name] = result[name][:, :, candidates]
    return result


@pytest.mark.parametrize("owners", [1, 2, 4])
def test_a_score_does_not_depend_on_the_list(ranker: Ranker, owners: int):
    batch = make_batch(2, owners, 200)
    whole, alone = score(ranker, batch), score(ranker, take(batch, candidates=[37]))
    for name, values in alone.items():
        np.testing.assert_allclose(whole[name][:, :, 37:38], values, **TOLERANCE)
    # The candidates do differ, or the lines above would say nothing.
    assert np.ptp(whole["watch_next"], axis=2).min() > 1e-2


def test_order_of_owners_moves_their_own_heads_and_not_the_joint_ones(ranker: Ranker):
    batch = make_batch(3, 3, 7)
    order = [2, 0, 1]
    straight, turned = score(ranker, batch), score(ranker, take(batch, owners=order))
    for name in ("rating", "like", "watch_next"):
        np.testing.assert_allclose(turned[name], straight[name][..., order], **TOLERANCE)
    np.testing.assert_allclose(turned["joint_rating"], straight["joint_rating"], **TOLERANCE)


def test_order_of_candidates_and_rows_only_moves_scores(ranker: Ranker):
    batch = make_batch(4, 2, 6)
    straight = score(ranker, batch)
    turned = score(ranker, take(batch, candidates=[5, 0, 3, 1, 4, 2]))
    rows = score(ranker, {name: value[[2, 0, 3, 1]] for name, value in batch.items()})
    for name, values in straight.items():
        np.testing.assert_allclose(turned[name], values[:, :, [5, 0, 3, 1, 4, 2]], **TOLERANCE)
        np.testing.assert_allclose(rows[name], values[[2, 0, 3, 1]], **TOLERANCE)


def test_padded_owner_changes_nothing(ranker: Ranker):
    batch = make_batch(2, 2, 5)
    padded = dict(batch, owner_mask=np.array([[True, False], [True, False]]))
    single = score(ranker, take(batch, owners=[0]))
    both = score(ranker, padded)
    for name in ("rating", "like", "watch_next"):
        np.testing.assert_allclose(both[name][..., :1], single[name], **TOLERANCE)
    np.testing.assert_allclose(both["joint_rating"], single["joint_rating"], **TOLERANCE)


def test_padding_of_histories_is_not_read(ranker: Ranker):
    batch = make_batch(3, 2, 4)
    before = score(ranker, batch)
    padding = batch["history_item_id"] == 0
    assert padding.any()
    vectors = np.where(padding[..., None], 50.0, batch["history_vector"]).astype(np.float32)
    for name, values in score(ranker, dict(batch, history_vector=vectors)).items():
        np.testing.assert_allclose(values, before[name], **TOLERANCE)


def test_one_owners_joint_rating_is_their_rating(ranker: Ranker):
    found = score(ranker, make_batch(3, 1, 4))
    np.testing.assert_allclose(found["joint_rating"], found["rating"][..., 0], **TOLERANCE)


def test_the_other_owner_matters(ranker: Ranker):
    batch = make_batch(1, 2, 4)
    pair, alone = score(ranker, batch), score(ranker, take(batch, owners=[0]))
    assert np.abs(pair["rating"][..., 0] - alone["rating"][..., 0]).max() > 1e-3


def test_a_cutoff_sees_what_a_shorter_history_holds(ranker: Ranker):
    """The trailing cutoffs of training are requests of their own: no event from after them."""
    batch = make_batch(2, 1, 3, cutoffs=LENGTH + 1)
    batch["history_item_id"][:] = np.arange(1, LENGTH + 1)
    batch["history_rating"][:] = [1.0, 5.0, 2.0, 4.0, 3.0]
    batch["history_timestamp"][:] = 1_000 * np.arange(1, LENGTH + 1)
    found = score(ranker, batch)
    for cutoff in range(LENGTH + 1):
        shorter = dict(batch)
        for name, padding in zip(HISTORY, (0, np.nan, 0, 0), strict=True):
            kept = np.full_like(batch[name], padding)
            if cutoff:
                kept[:, :, -cutoff:] = batch[name][:, :, :cutoff]
            shorter[name] = kept
        for name in OF_CANDIDATES:
            shorter[name] = batch[name][:, cutoff : cutoff + 1]
        for name in OF_EVENTS:
            whole = shorter[name]
            shorter[name] = np.zeros_like(whole)
            if cutoff:
                shorter[name][:, :, :, :, -cutoff:] = whole[:, :, :, :, :cutoff]
        for name, values in score(ranker, shorter).items():
            np.testing.assert_allclose(found[name][:, cutoff : cutoff + 1], values, **TOLERANCE)


def test_events_before_those_attended_to_are_counted_in_ratings_alone():
    ranker, batch = make_ranker(attention_len=2), make_batch(3, 2, 4)
    batch["affinity"] = batch["affinity"][..., -2:, :]
    before, early = score(ranker, batch), {name: batch[name].copy() for name in HISTORY}
    early["history_rating"][:, :, :-2] = 6 - early["history_rating"][:, :, :-2]
    early["history_timestamp"][:, :, :-2] //= 2
    early["history_vector"][:, :, :-2] *= -1
    after = score(ranker, batch | early)
    np.testing.assert_allclose(after["watch_next"], before["watch_next"], **TOLERANCE)
    for name in ("rating", "like", "joint_rating"):
        assert np.abs(after[name] - before[name]).max() > 1e-3


def test_more_padding_of_histories_changes_nothing(ranker: Ranker):
    batch = make_batch(3, 2, 4)
    longer = dict(batch)
    for name, padding in zip(HISTORY, (0, np.nan, 0, 0), strict=True):
        before = [(0, 0), (0, 0), (3, 0)] + [(0, 0)] * (batch[name].ndim - 3)
        longer[name] = np.pad(batch[name], before, constant_values=padding)
    longer["agreement"] = np.pad(batch["agreement"], [(0, 0)] * 4 + [(3, 0)], constant_values=9.0)
    for name, values in score(ranker, longer).items():
        np.testing.assert_allclose(values, score(ranker, batch)[name], **TOLERANCE)


def test_nothing_known_gives_finite_scores(ranker: Ranker):
    batch = make_batch(1, 2, 3)
    for name, padding in zip(HISTORY, (0, np.nan, 0, 0), strict=True):
        batch[name][:] = padding
    for values in score(ranker, batch).values():
        assert np.isfinite(values).all()


def test_every_weight_is_read(ranker: Ranker):
    batch = make_batch(2, 2, 3)
    outputs = tf.function(lambda: ranker(batch, training=False))
    before, unread = outputs(), set()
    for weight in ranker.weights:
        kept = weight.numpy()
        weight.assign(kept + np.random.default_rng(1).normal(size=kept.shape))
        after = outputs()
        weight.assign(kept)
        if max(np.abs(after[name] - before[name]).max() for name in before) < 1e-4:
            unread.add(weight.path.removeprefix(f"{ranker.name}/"))
    # Item vectors come with the batch. A key's bias adds the same to all logits of a query, and a
    # softmax does not see that.
    tables = {f"item_{of}/item_id_embedding/embeddings" for of in ("tower", "bias")}
    of_vectors = tables | {"rating_damping/slow"}
    assert unread == of_vectors | {f"block_{i}/key/bias" for i in range(2)}


CHANGES = {
    "history_rating": lambda ratings: 6 - ratings,
    "history_timestamp": lambda times: times * 1_000,
    "history_vector": lambda vectors: -vectors,
    "age": lambda ages: 5 - ages,
    "candidate_vector": lambda vectors: -vectors,
    "retrieval_score": lambda scores: -scores,
}


@pytest.mark.parametrize("name", CHANGES)
def test_every_input_moves_the_outputs_that_read_it(ranker: Ranker, name: str):
    batch = make_batch(3, 2, 4)
    before = score(ranker, batch)
    after = score(ranker, dict(batch, **{name: CHANGES[name](batch[name])}))
    moved = {output for output in before if np.abs(after[output] - before[output]).max() > 1e-4}
    assert moved == ({"watch_next"} if name == "retrieval_score" else set(before))


def test_features_tell_viewers_without_history_apart(ranker: Ranker):
    batch = make_batch(1, 1, 3)
    for name, padding in zip(HISTORY, (0, np.nan, 0, 0), strict=True):
        batch[name][:] = padding
    young, old = (score(ranker, dict(batch, age=np.array([[age]]))) for age in (1, 4))
    for name, values in young.items():
        assert np.abs(values - old[name]).max() > 1e-3


@pytest.fixture
def changeable(ranker: Ranker) -> Iterator[Ranker]:
    """The same ranker, whose weights a test may change."""
    kept = ranker.get_weights()
    yield ranker
    ranker.set_weights(kept)


def test_owner_bias_tells_the_pair_apart(changeable: Ranker):
    batch = make_batch(2, 2, 4)
    before = score(changeable, batch)
    for block in changeable.blocks:
        block.owner_bias.assign(block.owner_bias.values() + 3.0)
    # What own and other get alike is no difference to a softmax.
    np.testing.assert_allclose(score(changeable, batch)["rating"], before["rating"], atol=1e-4)
    for block in changeable.blocks:
        block.owner_bias.assign(np.array([[0.0, FAR]] * block.heads))
    # Who does not look at the other rates as if alone.
    pair = score(changeable, batch)["rating"]
    for owner in range(2):
        alone = score(changeable, take(batch, owners=[owner]))["rating"][..., 0]
        np.testing.assert_allclose(pair[..., owner], alone, **TOLERANCE)


def test_gaps_are_read_by_their_bucket(changeable: Ranker):
    for block in changeable.blocks:
        block.time_bias.assign(np.zeros(block.time_bias.shape))
    batch = make_batch(1, 1, 3)
    batch["history_item_id"][:] = np.arange(1, LENGTH + 1)
    # 1 000 s and 1 010 s are both 1 + floor(log2(1 + s)) = 10; 100 000 s is 17.
    steps = np.arange(LENGTH).reshape(1, 1, LENGTH)
    times = 1_000_000_000 + 1_000 * steps
    before = score(changeable, dict(batch, history_timestamp=times))
    alike = score(changeable, dict(batch, history_timestamp=times + 10 * steps))
    apart = score(changeable, dict(batch, history_timestamp=times + 99_000 * steps))
    for name, values in before.items():
        np.testing.assert_allclose(alike[name], values, **TOLERANCE)
        assert np.abs(apart[name] - values).max() > 1e-4


def test_absolute_time_is_not_read(ranker: Ranker):
    batch = make_batch(2, 2, 3)
    times = batch["history_timestamp"]
    later = np.where(times > 0, times + 86_400 * 365, 0)
    before = score(ranker, batch)
    for name, values in score(ranker, dict(batch, history_timestamp=later)).items():
        np.testing.assert_allclose(values, before[name], **TOLERANCE)


def test_baseline_is_the_shrunken_mean_of_what_the_owner_gave(changeable: Ranker):
    changeable.opinion_head.last.kernel.assign(np.zeros((8, 2)))
    changeable.opinion_head.last.bias.assign([0.0, 0.0])
    baseline = changeable.baseline
    for weight, value in (
        (baseline.mu, 3.5),
        (baseline.shrink_all, np.log(np.expm1(2.0))),  # softplus of it is 2
        (baseline.share_all, 1.0),
        (baseline.share_recent, 0.0),
    ):
        weight.assign(value)
    batch = make_batch(1, 3, 1)
    batch["history_item_id"][:] = [0, 0, 1, 2, 3]
    nan = np.nan
    batch["history_rating"][:] = [[[nan] * 5, [nan, nan, 5, 4, nan], [nan, nan, 1, 2, nan]]]
    batch["history_vector"][..., -1] = 0.25
    batch["candidate_vector"][..., -1] = -0.5
    batch["agreement"][:] = 0.0
    # mu + (sum of rating - mu - item bias) / (given + 2) + the candidate's bias:
    #   3.5 + 0 - .5 = 3; (1.25 + .25) / 4 = .375; (-2.75 - 1.75) / 4 = -1.125.
    found = score(changeable, batch)["rating"][0, 0, 0]
    np.testing.assert_allclose(found, [3.0, 3.375, 1.875], atol=1e-5)

    for weight, value in (
        (changeable.agreement_weight, [0.0, 2.0]),
        (changeable.agreement_features.damping, np.log(np.expm1([0.5, 0.5]))),
        (changeable.agreement_features.fading.fade, [0.0, -50.0]),  # the second does not fade
    ):
        weight.assign(value)
    batch["agreement"][0, 0, 0, 1:, 3] = 0.3
    batch["agreement"][0, 0, 0, 1:, 0] = 0.9  # of padding
    # Event 3 alone agrees: 2 * .3 * (its rating - bias - expected of the owner) / (.3 + .5), where
    # the owners are expected to give 3.875 and 2.375.
    found = score(changeable, batch)["rating"][0, 0, 0]
    above = np.array([0.0, 4 - 0.25 - 3.875, 2 - 0.25 - 2.375])
    np.testing.assert_allclose(found, [3.0, 3.375, 1.875] + 0.75 * above, atol=1e-5)
