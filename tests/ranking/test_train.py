import json
import subprocess
from dataclasses import replace

import numpy as np
import pytest

from ranking.item_memory import ItemMemory
from ranking.model import Ranker
from ranking.train import start_from, start_tables
from ranking.trainer import RankerTrainer
from schemas.artifacts import Artifact
from schemas.config import RankingConfig
from schemas.prepared import item_sizes, load_item_table
from tests.session import run_bare, run_in_session, shown

import tensorflow as tf  # isort: skip  (after the modules above, which prepare the process)

TOLERANCE = {"atol": 1e-5, "rtol": 1e-5}

# A bare process: TensorFlow alone, no flag, none of our code on the path.
LOAD = """
import json, sys
import numpy as np
import tensorflow as tf
model = tf.saved_model.load(sys.argv[1])
request = {k: tf.constant(v["value"], v["dtype"]) for k, v in json.load(open(sys.argv[2])).items()}
out = model.signatures["serving_default"](**request)
ours = ("ranking", "towers", "schemas", "scann")
print(json.dumps({
    "scores": {name: value.numpy().tolist() for name, value in out.items()},
    "ours": [name for name in sys.modules if name.split(".")[0] in ours],
}))
"""


def make_request(histories: list[list[str]], candidates: list[str]) -> dict[str, tf.Tensor]:
    """One row; each owner rated everything 4, then 2, in turn."""
    owners, width = len(histories), max(map(len, histories))
    ids = [h + [""] * (width - len(h)) for h in histories]
    stamps = [1_000 * n + 1_000 for n in range(width)]
    random = np.random.default_rng(0)
    return {
        "history_item_id": tf.constant([ids]),
        "history_rating": tf.constant([[[4.0, 2.0] * width] * owners])[:, :, :width],
        "history_timestamp": tf.constant([[stamps] * owners], tf.int64),
        "owner_count": tf.constant([owners], tf.int64),
        "gender": tf.constant([["F", "M", "F"][:owners]]),
        "age": tf.constant([[30.0, 50.0, float("nan")][:owners]]),
        "occupation": tf.constant([["artist", "writer", ""][:owners]]),
        "candidate_item_id": tf.constant([candidates]),
        "retrieval_score": tf.constant(
            random.normal(size=(1, len(candidates), owners)), tf.float32
        ),
    }


def score(ranking: Artifact, request: dict[str, tf.Tensor]) -> dict[str, np.ndarray]:
    model = tf.saved_model.load(str(ranking.path / "model"))
    return {k: v.numpy() for k, v in model.signatures["serving_default"](**request).items()}


def test_signatures_are_readable(ranking: Artifact):
    text = shown(ranking.path / "model")
    for signature in ("serving_default", "from_vectors", "encode_items"):
        assert f"signature_def['{signature}']" in text
    for name in ("history_item_id", "owner_count", "candidate_item_id", "retrieval_score"):
        assert f"inputs['{name}'] tensor_info" in text
    for name in ("rating", "like", "joint_rating", "watch_next"):
        assert f"outputs['{name}'] tensor_info" in text


def test_a_session_restores_every_weight(ranking: Artifact):
    request = make_request([["3", "4", "5"], ["9"]], ["6", "10", "77"])
    found = run_in_session(ranking.path / "model", request)
    for name, expected in score(ranking, request).items():
        np.testing.assert_allclose(found[name], expected, **TOLERANCE)


def test_log_shows_every_loss_falling(ranking: Artifact):
    lines = (ranking.path / "log" / "ranker.jsonl").read_text().splitlines()
    log = [json.loads(line) for line in lines]
    for name in ("rating_loss", "like_loss", "pair_loss", "watch_next_loss"):
        # Every epoch draws other pairs, so one late epoch alone says little of their loss.
        assert np.mean([line[name] for line in log[4:]]) < log[0][name], name


def test_ratings_beat_the_mean(ranking: Artifact):
    # The planted ratings spread by about 1.1 stars around their mean.
    assert ranking.figures["validation_rmse"] < 0.9


def test_export_in_a_bare_process_gives_the_same(ranking: Artifact, tmp_path):
    request = make_request([["3", "4", "5"], ["9"]], ["6", "10", "77"])
    moved, file = tmp_path / "model", tmp_path / "request.json"
    subprocess.run(["cp", "-r", str(ranking.path / "model"), str(moved)], check=True)
    file.write_text(
        json.dumps(
            {
                name: {
                    "value": np.char.decode(v.numpy().astype(bytes)).tolist()
                    if v.dtype == tf.string
                    else v.numpy().tolist(),
                    "dtype": v.dtype.name,
                }
                for name, v in request.items()
            }
        )
    )
    bare = json.loads(run_bare(LOAD, str(moved), str(file), directory=tmp_path))
    assert not bare["ours"]
    for name, values in score(ranking, request).items():
        np.testing.assert_allclose(bare["scores"][name], values, **TOLERANCE)


def test_pair_is_the_same_both_ways(ranking: Artifact):
    request = make_request([["3", "4", "5"], ["9", "30"]], ["6", "10", "77"])
    turned = dict(request)
    for name in set(request) - {"owner_count", "candidate_item_id", "retrieval_score"}:
        turned[name] = tf.reverse(request[name], [1])
    turned["retrieval_score"] = tf.reverse(request["retrieval_score"], [2])
    straight, other = score(ranking, request), score(ranking, turned)
    for name in ("rating", "like", "watch_next"):
        np.testing.assert_allclose(other[name][..., ::-1], straight[name], **TOLERANCE)
    np.testing.assert_allclose(other["joint_rating"], straight["joint_rating"], **TOLERANCE)


def test_candidate_alone_and_among_199_others(ranking: Artifact):
    candidates = [str(1 + n % 150) for n in range(200)]
    request = make_request([["3", "4", "5"]], candidates)
    one = dict(request)
    one["candidate_item_id"] = request["candidate_item_id"][:, 120:121]
    one["retrieval_score"] = request["retrieval_score"][:, 120:121]
    whole, alone = score(ranking, request), score(ranking, one)
    for name, values in alone.items():
        np.testing.assert_allclose(whole[name][:, 120:121], values, **TOLERANCE)


def test_from_vectors_equals_look_up(ranking: Artifact, prepared: Artifact):
    model = tf.saved_model.load(str(ranking.path / "model"))
    request = make_request([["3", "4"], ["9", "30"]], ["6", "10"])

    def vectors(ids: list[str]) -> tf.Tensor:
        import pyarrow.parquet as pq

        rows = pq.read_table(prepared.path / "catalogue.parquet").to_pydict()
        at = [rows["item_id"].index(item) for item in ids]
        return model.signatures["encode_items"](
            item_id=tf.constant(ids),
            genres=tf.constant([rows["genres"][n] for n in at]),
            year=tf.constant([rows["year"][n] for n in at], tf.float32),
        )["item_vector"]

    found = model.signatures["from_vectors"](
        **request,
        history_vector=tf.stack([vectors(["3", "4"]), vectors(["9", "30"])])[None],
        candidate_vector=vectors(["6", "10"])[None],
    )
    for name, values in score(ranking, request).items():
        np.testing.assert_allclose(found[name], values, **TOLERANCE)


def test_ratings_stay_on_the_scale_and_unknowns_are_answered(ranking: Artifact):
    found = score(ranking, make_request([[""], ["no such item"], ["3"]], ["6", "no such item", ""]))
    for name in ("rating", "joint_rating"):
        assert (found[name] >= 1.0).all()
        assert (found[name] <= 5.0).all()
    assert ((found["like"] > 0) & (found["like"] < 1)).all()
    assert np.isfinite(found["watch_next"]).all()


@pytest.fixture(scope="module")
def tables(retrieval: Artifact) -> dict[str, np.ndarray]:
    with np.load(retrieval.path / "candidate_tables.npz", allow_pickle=False) as found:
        return dict(found)


def test_items_begin_where_retrieval_places_them(
    prepared: Artifact, retrieval: Artifact, tables: dict[str, np.ndarray]
):
    table, width = load_item_table(prepared), tables["item_id"].shape[1]
    ranker = Ranker(item_sizes(prepared), {}, (1.0, 5.0), 3.5, of_width(width))
    start_from(ranker, tables)
    vectors = np.asarray(ranker.item_tower(table))
    expected = np.load(retrieval.path / "candidate_vectors.npy")
    np.testing.assert_allclose(vectors[1:], expected[1:], atol=1e-6)
    # A new item is its content alone, as in retrieval.
    unknown = dict(table, item_id=np.full_like(table["item_id"], len(vectors) - 1))
    content = vectors - tables["item_id"]
    np.testing.assert_allclose(np.asarray(ranker.item_tower(unknown)), content, atol=1e-6)
    assert np.abs(content[1:-1]).max() > 0.01


def test_an_item_that_is_its_id_alone_begins_there_too(prepared: Artifact, retrieval: Artifact):
    vectors = np.load(retrieval.path / "candidate_vectors.npy")
    config = replace(of_width(vectors.shape[1]), without=("item_content",))
    ranker = Ranker(item_sizes(prepared), {}, (1.0, 5.0), 3.5, config)
    start_from(ranker, start_tables(retrieval, vectors, config))
    found = np.asarray(ranker.item_tower(load_item_table(prepared)))
    np.testing.assert_allclose(found[1:], vectors[1:], atol=1e-6)


def test_another_width_than_that_of_retrieval_is_refused(
    prepared: Artifact, tables: dict[str, np.ndarray]
):
    width = tables["item_id"].shape[1]
    ranker = Ranker(item_sizes(prepared), {}, (1.0, 5.0), 3.5, of_width(2 * width))
    with pytest.raises(
        ValueError, match=rf"ranking\.embedding_dim: expected retrieval's {width}, got {2 * width}"
    ):
        start_from(ranker, tables)


def test_vectors_of_a_step_s_items_are_those_of_the_catalogue(
    prepared: Artifact, tables: dict[str, np.ndarray], monkeypatch: pytest.MonkeyPatch
):
    table, width = load_item_table(prepared), tables["item_id"].shape[1]
    indices = len(table["item_id"])
    ranker = Ranker(item_sizes(prepared), {}, (1.0, 5.0), 3.5, of_width(width))
    start_from(ranker, tables)
    neighbour = np.zeros((indices, 2), np.int32)
    known = np.arange(indices, dtype=np.float32)
    memory = ItemMemory(
        {"affinity_neighbour": neighbour, "rating_neighbour": neighbour}
        | {"rating_total": known, "rating_count": known}
    )
    trainer = RankerTrainer(ranker, table, memory, of_width(width))
    whole = np.asarray(trainer.item_vectors())
    items, of_all = np.array([[3, 0], [indices - 1, 3]]), np.array([[0]])
    expected = np.asarray(trainer._rated(whole, items, of_all))
    monkeypatch.setattr("ranking.trainer.MADE_AT_ONCE", 7)
    np.testing.assert_allclose(np.asarray(trainer.item_vectors()), whole, atol=1e-6)
    np.testing.assert_allclose(trainer._rated(None, items, of_all), expected, atol=1e-6)


def of_width(width: int) -> RankingConfig:
    return RankingConfig(embedding_dim=width, heads=1, hidden=(8,))
