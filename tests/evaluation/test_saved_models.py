"""The adapters, on tiny models whose outputs can be worked out from their inputs."""

import dataclasses

import numpy as np
import pytest

import schemas.tf_runtime  # noqa: F401  # before TensorFlow

# isort: split
import tensorflow as tf

from evaluation.judge import rank_targets
from evaluation.ranking_protocol import rank_catalogue
from evaluation.saved_models import Ranker, RetrievalModel, Retriever
from evaluation.two_stage import rank_candidates
from tests.evaluation.build import make_requests

# Vectors of items i0 to i5. A query (e, 1) scores item n with VECTORS[n] @ (e, 1).
VECTORS = np.array([[1, 0], [0, 5], [2, 0], [0, 4], [3, 0], [0, 1]], np.float32)


def search_exactly(query_vector, k):
    scores = query_vector @ VECTORS.T
    order = np.argsort(-scores, axis=1, kind="stable")[:, :k]
    return order, np.take_along_axis(scores, order, axis=1), np.ones(order.shape, bool)


def spec(*shape, dtype=tf.string):
    return tf.TensorSpec(shape, dtype)


class TinyTower(tf.Module):
    """query = (events that are not padding, 1); it reads the user's gender and nothing else."""

    @tf.function
    def serve(self, history_item_id, history_rating, history_timestamp, gender):
        events = tf.reduce_sum(tf.cast(history_item_id != "", tf.float32), axis=1)
        marked = events + 100.0 * tf.cast(gender == "F", tf.float32)
        return {"query_vector": tf.stack([marked, tf.ones_like(marked)], axis=1)}


class TinyRanker(tf.Module):
    """Sums that show each input: what it got for the owners, the candidates and the scores."""

    @tf.function
    def serve(
        self,
        history_item_id,
        history_rating,
        history_timestamp,
        owner_count,
        gender,
        candidate_item_id,
        retrieval_score,
    ):
        newest = tf.cast(tf.reduce_max(history_timestamp, axis=2), tf.float32)
        number = tf.strings.to_number("0" + tf.strings.regex_replace(candidate_item_id, "i", ""))
        women = tf.reduce_sum(tf.cast(gender == "F", tf.float32), axis=1)
        return {
            "rating": retrieval_score + 0.01 * newest[:, None, :],
            "like": 0.1 * newest[:, None, :] + 0.0 * retrieval_score,
            "joint_rating": tf.reduce_sum(retrieval_score, axis=2)
            + 1000.0 * tf.cast(owner_count, tf.float32)[:, None]
            + 0.01 * women[:, None],
            "watch_next": number[:, :, None] + 0.01 * retrieval_score,
        }


def save(module, path, shapes):
    # Known ranks, free sizes, as the exports have them.
    history = {
        "history_item_id": spec(*shapes, None),
        "history_rating": spec(*shapes, None, dtype=tf.float32),
        "history_timestamp": spec(*shapes, None, dtype=tf.int64),
        "gender": spec(*shapes),
    }
    ranking = {
        "owner_count": spec(None, dtype=tf.int64),
        "candidate_item_id": spec(None, None),
        "retrieval_score": spec(None, None, None, dtype=tf.float32),
    }
    names = history | (ranking if len(shapes) == 2 else {})
    function = module.serve.get_concrete_function(**names)
    tf.saved_model.save(module, str(path), signatures={"serving_default": function})


@pytest.fixture(scope="module")
def artifacts(tmp_path_factory):
    root = tmp_path_factory.mktemp("artifacts")
    save(TinyTower(), root / "retrieval" / "model", [None])
    save(TinyRanker(), root / "ranking" / "model", [None, None])
    (root / "retrieval" / "item_ids.txt").write_text("".join(f"i{n}\n" for n in range(6)))
    np.save(root / "retrieval" / "item_vectors.npy", VECTORS)
    return root


# u0: two events; u1: three; u2: none, a woman. `title` is for people: no model reads it.
REQUESTS = make_requests(
    [[1, 4], [0, 2, 4], []],
    [3, 3, 3],
    items=6,
    target_ratings=[4, 2, 5],
    user_features={
        "gender": np.array(["M", "M", "F"], object),
        "title": np.array(["x", "y", "z"], object),
    },
)


@pytest.fixture(scope="module")
def model(artifacts):
    return RetrievalModel(artifacts / "retrieval", REQUESTS.item_ids, history_len=100)


@pytest.fixture(scope="module")
def ranker(artifacts, model):
    return Ranker(artifacts / "ranking", model, history_len=100)


def test_encodes_histories_and_user_features(model):
    vectors = model.encode(REQUESTS, np.array([2, 0, 1]))
    assert vectors.tolist() == [[100, 1], [2, 1], [3, 1]]


def test_sends_the_newest_events_alone(artifacts):
    model = RetrievalModel(artifacts / "retrieval", REQUESTS.item_ids, history_len=2)
    assert model.encode(REQUESTS, np.array([1])).tolist() == [[2, 1]]


def test_another_catalogue_is_an_error(artifacts):
    with pytest.raises(ValueError, match=r"item_ids\.txt: expected the 6 items of the catalogue"):
        RetrievalModel(artifacts / "retrieval", REQUESTS.item_ids[::-1], history_len=100)


def test_retrieves_the_best_unseen_items(model):
    retrieve = Retriever(model, search_exactly)
    item, score, valid = retrieve(REQUESTS, np.array([0, 1]), 3)
    # u0, query (2, 1): scores 2 5 4 4 6 1; 1 and 4 are seen, leaving 2 and 3 (4 each), 0 (2).
    # u1, query (3, 1): scores 3 5 6 4 9 1; 0, 2 and 4 are seen, leaving 1 (5), 3 (4), 5 (1).
    assert item.tolist() == [[2, 3, 0], [1, 3, 5]]
    assert score.tolist() == [[4, 4, 2], [5, 4, 1]]
    assert valid.all()


def test_more_asked_than_there_is(model):
    retrieve = Retriever(model, search_exactly)
    item, _, valid = retrieve(REQUESTS, np.array([1]), 8)
    assert item.shape == valid.shape == (1, 8)
    assert valid.tolist() == [[True] * 3 + [False] * 5]
    assert item[0, :3].tolist() == [1, 3, 5]


def test_what_the_search_marks_as_missing_stays_missing(model):
    def search(query_vector, k):
        shape = (len(query_vector), 3)
        valid = np.broadcast_to([True, False, True], shape)
        # ScaNN pads with index 0 and NaN.
        return (
            np.broadcast_to([3, 0, 5], shape),
            np.broadcast_to(np.float32([2, np.nan, 1]), shape),
            valid,
        )

    item, score, valid = Retriever(model, search)(REQUESTS, np.array([0]), 3)
    assert item[valid].tolist() == [3, 5]
    assert score[valid].tolist() == [2, 1]


def test_the_search_is_asked_for_the_seen_ones_too(model):
    asked = []

    def search(query_vector, k):
        asked.append(k)
        return search_exactly(query_vector, k)

    Retriever(model, search)(REQUESTS, np.array([0, 1]), 2)
    assert asked == [2 + 3]


def test_ranks_candidates_and_pads_the_rest(ranker):
    # The number in the item id and a hundredth of the score; padding is "", without either.
    score = ranker.rank(
        REQUESTS,
        np.array([0]),
        np.array([[5, 2, -1]]),
        np.float32([[2.0, 1.0, np.nan]]),
        np.array([[True, True, False]]),
    )
    np.testing.assert_allclose(score, [[5.02, 2.01, 0]], rtol=1e-6)


def test_scores_candidates_for_owners_together(ranker):
    # Owners u0, whose newest event is second 2, and u2, a woman without events. Each candidate is
    # scored by its own scores; what is not valid has none, and its number is 0.
    found = ranker.score(
        REQUESTS,
        np.array([[0, 2]]),
        np.array([[5, 2, -1]]),
        np.float32([[[2, 7], [1, 4], [np.nan, np.nan]]]),
        np.array([[True, True, False]]),
    )
    np.testing.assert_allclose(
        found["rating"], [[[2.02, 7], [1.02, 4], [0.02, 0]]], rtol=1e-6, atol=1e-6
    )
    np.testing.assert_allclose(found["joint_rating"], [[2009.01, 2005.01, 2000.01]], rtol=1e-6)
    np.testing.assert_allclose(
        found["watch_next"], [[[5.02, 5.07], [2.01, 2.04], [0, 0]]], rtol=1e-6
    )


def test_predicts_the_rating_of_the_target(ranker):
    # Target 3 has vector (0, 4): score 4 for every query; the newest event is second 2, 3, none.
    predicted = ranker.predict(REQUESTS, np.array([0, 1, 2]))
    np.testing.assert_allclose(predicted, [4.02, 4.03, 4.0], rtol=1e-6)
    opinion = ranker.opinion(REQUESTS, np.array([0, 1, 2]))
    np.testing.assert_array_equal(opinion.rating, predicted)
    np.testing.assert_allclose(opinion.like, [0.2, 0.3, 0.0], rtol=1e-6)


def test_predicts_for_two_owners(ranker):
    # Target 2 has vector (2, 0): scores 4 of u0, 6 of u1 and 200 of u2; two owners are 2000, and
    # a woman, u2, is 0.01.
    requests = dataclasses.replace(REQUESTS, target_item=np.array([2, 2, 2]))
    joint = ranker.predict_pair(requests, np.array([0, 0]), np.array([1, 2]))
    np.testing.assert_allclose(joint, [2010.0, 2204.01], rtol=1e-6)


def test_both_stages_are_evaluated_through_the_adapters(model, ranker):
    retrieve = Retriever(model, search_exactly)
    lists = rank_candidates(REQUESTS, retrieve, ranker.rank, 200, batch_size=2)
    ranks = {name: targets.rank.tolist() for name, targets in rank_targets(lists, REQUESTS).items()}
    # Retrieval: u0 ranks 3 second, u1 second; u2's query (100, 1) scores 100 5 200 4 300 1: fifth.
    # The ranker adds a hundredth of that to the number: u0 5.01 3.04 2.04 0.02, u1 5.01 3.04 1.05,
    # both second; u2, by index, 1 1.05 4 3.04 7 5.01: fourth.
    assert ranks == {"retrieval": [2, 2, 5], "two_stage": [2, 2, 4]}


def test_the_model_alone_ranks_the_whole_catalogue(model):
    lists = {"model": rank_catalogue(REQUESTS, model, batch_size=2)}
    assert rank_targets(lists, REQUESTS)["model"].rank.tolist() == [2, 2, 5]
