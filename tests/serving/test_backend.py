import dataclasses

import numpy as np
import pytest

from schemas.artifacts import Artifact, open_artifact
from schemas.config import RetrievalConfig
from schemas.prepared import load_histories
from serving.backend import QueryEncoder
from serving.errors import BackendError
from serving.profiles import Profile, unknown_profile
from towers.export import export
from towers.train import new_model


@pytest.fixture(scope="module")
def profiles(bundle, users):
    return [bundle.profiles.get(user) for user in users[:3]]


def newest(profile, events):
    cut = slice(max(0, len(profile.rows) - events), None)
    return dataclasses.replace(
        profile,
        rows=profile.rows[cut],
        ratings=profile.ratings[cut],
        timestamps=profile.timestamps[cut],
    )


def long_profile(bundle, events):
    rng = np.random.default_rng(0)
    return Profile(
        rows=rng.integers(len(bundle.catalogue), size=events),
        ratings=np.full(events, bundle.card.rating_range[1], np.float32),
        timestamps=np.arange(1, events + 1) * 86_400,
        features=unknown_profile(bundle.card).features,
    )


def test_a_batch_of_one_and_of_three_give_the_same_vectors(bundle, profiles):
    together = bundle.encoder.encode(profiles)
    assert together.dtype == np.float32
    for at, profile in enumerate(profiles):
        np.testing.assert_allclose(
            bundle.encoder.encode([profile])[0], together[at], rtol=1e-4, atol=1e-5
        )


def test_an_empty_history_encodes(bundle, profiles):
    vectors = bundle.encoder.encode([unknown_profile(bundle.card), profiles[0]])
    assert np.isfinite(vectors).all()
    assert not np.allclose(vectors[0], vectors[1])


def test_histories_are_cut_to_their_newest_events(bundle, run_dir):
    retrieval = open_artifact(run_dir / "retrieval")
    limit = retrieval.manifest["config"]["history_len"]
    encoder = QueryEncoder(retrieval, bundle.card, bundle.catalogue)
    whole = long_profile(bundle, limit + 50)
    np.testing.assert_array_equal(encoder.encode([whole]), encoder.encode([newest(whole, limit)]))
    # The cut keeps the newest: another last event changes the vector.
    rows = whole.rows.copy()
    rows[-1] = (rows[-1] + 1) % len(bundle.catalogue)
    changed = encoder.encode([dataclasses.replace(whole, rows=rows)])
    assert not np.allclose(changed, encoder.encode([whole]))


def test_the_time_of_the_request_is_read_where_the_model_takes_it(
    bundle, profiles, run_dir, tmp_path, monkeypatch
):
    prepared = open_artifact(run_dir / "prepared")
    config = RetrievalConfig(embedding_dim=8, history_len=9, request_context=True)
    model = new_model(prepared, load_histories(prepared, "fit"), config)
    export(model, prepared, bundle.catalogue.item_ids, tmp_path)
    artifact = Artifact(tmp_path, {"config": dataclasses.asdict(config)})
    encoder = QueryEncoder(artifact, bundle.card, bundle.catalogue)

    def at(seconds):
        monkeypatch.setattr("serving.backend.time.time", lambda: seconds + 0.5)
        return encoder.encode(profiles)

    monday_9 = 345_600 + 9 * 3_600
    np.testing.assert_array_equal(at(monday_9), at(monday_9 + 3_599))
    shifts = at(monday_9 + 3_600) - at(monday_9)
    hours = np.asarray(model.query_tower.context.hour.embeddings)
    np.testing.assert_allclose(shifts, np.tile(hours[10] - hours[9], (3, 1)), atol=1e-5)


def test_ranker_shapes_and_candidate_isolation(bundle, profiles):
    rows = np.arange(10)
    retrieval = bundle.retriever.score(bundle.encoder.encode(profiles), rows).T
    scores = bundle.ranker.rank(profiles, rows, retrieval)
    assert scores.rating.shape == scores.watch_next.shape == (10, 3)
    assert scores.joint_rating.shape == (10,)
    alone = bundle.ranker.rank(profiles, rows[4:5], retrieval[4:5])
    np.testing.assert_allclose(alone.rating[0], scores.rating[4], rtol=1e-3, atol=1e-4)


def test_the_ranker_takes_an_owner_without_history(bundle, profiles):
    viewers = [profiles[0], unknown_profile(bundle.card)]
    rows = np.arange(5)
    retrieval = bundle.retriever.score(bundle.encoder.encode(viewers), rows).T
    scores = bundle.ranker.rank(viewers, rows, retrieval)
    assert scores.rating.shape == (5, 2)


def test_explanations_name_the_newest_events(bundle, profiles):
    viewers = [long_profile(bundle, 90), unknown_profile(bundle.card), newest(profiles[0], 4)]
    rows = np.arange(5)
    retrieval = bundle.retriever.score(bundle.encoder.encode(viewers), rows).T
    moved = bundle.ranker.explain(viewers, rows, retrieval)
    assert moved.watch_next.shape == moved.rating.shape == (5, 3, 3, 20)
    assert moved.joint_rating.shape == (5, 3, 20)
    assert moved.event_rows.tolist() == [
        viewers[0].rows[-20:].tolist(),
        [-1] * 20,
        [-1] * 16 + viewers[2].rows.tolist(),
    ]
    for values in (moved.watch_next, moved.rating, moved.joint_rating):
        assert not values[..., moved.event_rows < 0].any()
        assert (values[..., moved.event_rows >= 0] != 0).all(axis=0).any()


def test_what_is_explained_is_the_score_that_rank_gives(bundle, profiles):
    viewers, rows = [newest(profiles[0], 1)], np.arange(8)
    retrieval = bundle.retriever.score(bundle.encoder.encode(viewers), rows).T
    moved = bundle.ranker.explain(viewers, rows, retrieval)
    # Without its only event a history is empty: nothing is left whose place or time could matter.
    whole = bundle.ranker.rank(viewers, rows, retrieval)
    empty = bundle.ranker.rank([newest(profiles[0], 0)], rows, retrieval)
    expected = (whole.watch_next - empty.watch_next)[:, 0]
    np.testing.assert_allclose(moved.watch_next[:, 0, 0, -1], expected, rtol=1e-4, atol=1e-4)


def test_a_model_that_answers_nan_is_an_error(bundle, profiles):
    retrieval = np.full((2, 1), np.nan, np.float32)
    with pytest.raises(BackendError, match=r"expected finite numbers, got \w+ with NaN"):
        bundle.ranker.rank(profiles[:1], np.arange(2), retrieval)
