import json
import subprocess

import numpy as np
import pyarrow.parquet as pq

from schemas.artifacts import Artifact
from schemas.config import RetrievalConfig
from schemas.prepared import is_item, load_histories, load_item_table
from tests.session import run_bare, run_in_session, shown
from towers.candidates import top
from towers.tail import hold_back

import tensorflow as tf  # isort: skip  (after the modules above, which prepare the process)

# A bare process: TensorFlow alone, no flag, none of our code on the path.
LOAD = """
import json, sys
import numpy as np
import tensorflow as tf
model = tf.saved_model.load(sys.argv[1])
request = json.loads(sys.argv[2])
history = request["history"]
out = model.signatures["serving_default"](
    history_item_id=tf.constant([history]),
    history_rating=tf.constant([[4.0] * len(history)]),
    history_timestamp=tf.constant([[10 * n + 10 for n in range(len(history))]], tf.int64),
    gender=tf.constant(["F"]), age=tf.constant([30.0]), occupation=tf.constant(["artist"]),
)
ops = {node.op for f in model.signatures.values() for node in f.graph.as_graph_def().node}
print(json.dumps({"query": out["query_vector"].numpy().tolist(), "ours": [
    name for name in sys.modules if name.split(".")[0] in ("towers", "schemas", "scann")],
    "scann_ops": [op for op in ops if "Scann" in op]}))
"""


def query_inputs(items: list[str]) -> dict[str, tf.Tensor]:
    return {
        "history_item_id": tf.constant([items]),
        "history_rating": tf.constant([[4.0] * len(items)]),
        "history_timestamp": tf.constant([[10 * n + 10 for n in range(len(items))]], tf.int64),
        "gender": tf.constant(["F"]),
        "age": tf.constant([30.0]),
        "occupation": tf.constant(["artist"]),
    }


def encode(model, items: list[str], **changes):
    inputs = query_inputs(items)
    name = "from_vectors" if "history_vector" in changes else "serving_default"
    return model.signatures[name](**inputs | changes)["query_vector"].numpy()


def test_planted_order_is_learned(retrieval: Artifact):
    log = [
        json.loads(line)
        for line in (retrieval.path / "log" / "candidate_model.jsonl").read_text().splitlines()
    ]
    # Chance is about 4.5 / 100 unseen items; the next item of a series is mostly the answer.
    assert max(epoch["ndcg@10"] for epoch in log) > 0.3
    assert log[-1]["loss"] < log[0]["loss"]


def test_export_in_a_bare_process_gives_the_same(retrieval: Artifact, tmp_path):
    model = tf.saved_model.load(str(retrieval.path / "model"))
    history = ["3", "4", "5"]
    # Elsewhere, so that nothing of the run's directory can be needed.
    moved = tmp_path / "model"
    subprocess.run(["cp", "-r", str(retrieval.path / "model"), str(moved)], check=True)
    bare = json.loads(
        run_bare(LOAD, str(moved), json.dumps({"history": history}), directory=tmp_path)
    )
    np.testing.assert_allclose(bare["query"], encode(model, history), atol=1e-6)
    assert not bare["ours"]
    assert not bare["scann_ops"]


def test_signatures_are_readable(retrieval: Artifact):
    text = shown(retrieval.path / "model")
    for signature in ("serving_default", "from_vectors", "encode_items"):
        assert f"signature_def['{signature}']" in text
    inputs = ("history_item_id", "history_rating", "history_timestamp", "gender", "item_id")
    for name in inputs:
        assert f"inputs['{name}'] tensor_info" in text
    for name in ("query_vector", "item_vector"):
        assert f"outputs['{name}'] tensor_info" in text


def test_a_session_restores_every_weight(retrieval: Artifact):
    model = tf.saved_model.load(str(retrieval.path / "model"))
    found = run_in_session(retrieval.path / "model", query_inputs(["3", "4", "5"]))
    np.testing.assert_allclose(
        found["query_vector"], encode(model, ["3", "4", "5"]), atol=1e-5, rtol=1e-5
    )
    # The optimizer's state is of no use to a server.
    kept = tf.train.list_variables(str(retrieval.path / "model" / "variables" / "variables"))
    assert not [name for name, _ in kept if "momentum" in name or "velocity" in name]


def test_padding_may_be_anywhere_and_old_events_are_cut(retrieval: Artifact):
    model = tf.saved_model.load(str(retrieval.path / "model"))
    plain = encode(model, ["3", "4"])
    times = tf.constant([[0, 10, 0, 20]], tf.int64)
    padded = encode(model, ["", "3", "", "4"], history_timestamp=times)
    np.testing.assert_allclose(padded, plain, atol=1e-6)
    many = [str(n) for n in range(1, 61)]
    newest = tf.constant([[10 * n + 10 for n in range(40, 60)]], tf.int64)
    cut = encode(model, many[40:], history_timestamp=newest)
    # The first event kept has lost its predecessor, so its gap is unknown: all else is the same.
    np.testing.assert_allclose(encode(model, many), cut, atol=1e-6)


def test_from_vectors_equals_look_up(retrieval: Artifact):
    model = tf.saved_model.load(str(retrieval.path / "model"))
    ids = (retrieval.path / "item_ids.txt").read_text().split()
    vectors = np.load(retrieval.path / "item_vectors.npy")
    given = tf.constant(vectors[[ids.index("3"), ids.index("4")]][None])
    np.testing.assert_allclose(
        encode(model, ["3", "4"], history_vector=given), encode(model, ["3", "4"]), atol=1e-6
    )


def test_encode_items_equals_the_vectors_written(retrieval: Artifact, prepared: Artifact):
    model = tf.saved_model.load(str(retrieval.path / "model"))
    rows = pq.read_table(prepared.path / "catalogue.parquet").to_pydict()
    width = max(map(len, rows["genres"]))
    out = model.signatures["encode_items"](
        item_id=tf.constant(rows["item_id"]),
        genres=tf.constant([g + [""] * (width - len(g)) for g in rows["genres"]]),
        year=tf.constant(rows["year"], tf.float32),
    )
    written = np.load(retrieval.path / "item_vectors.npy")
    np.testing.assert_allclose(out["item_vector"], written, atol=1e-6)


def test_empty_history_and_unknown_values_are_answered(retrieval: Artifact):
    model = tf.saved_model.load(str(retrieval.path / "model"))
    unknown = {"gender": tf.constant(["?"]), "age": tf.constant([float("nan")])}
    for items in ([""], ["no such item"]):
        assert np.isfinite(encode(model, items, **unknown)).all()


def test_candidates_are_unseen_best_first_and_at_the_tail(retrieval: Artifact, prepared: Artifact):
    histories = load_histories(prepared, "fit")
    data = np.load(retrieval.path / "candidates.npz")
    tail = hold_back(histories, RetrievalConfig())
    assert (data["position"] == tail.position).all()
    assert (tail.counts == np.minimum(histories.lengths * 3 // 10, 10)).all()
    assert data["item_id"].dtype == np.int32  # most of the file and of the memory it is made in
    for user in range(0, len(histories.users), 17):
        events = histories.item_id[histories.offsets[user] : histories.offsets[user + 1]]
        for slot in np.flatnonzero(data["position"][user] >= 0):
            position = data["position"][user, slot]
            found = data["item_id"][user, slot]
            assert data["target_item_id"][user, slot] == events[position]
            assert not set(found[found > 0]) & set(events[:position])
            assert (np.diff(data["score"][user, slot][found > 0]) <= 0).all()


def test_unknown_items_are_no_candidates(retrieval: Artifact, prepared: Artifact):
    # 150 items, padding before them and one out-of-vocabulary bucket behind.
    assert is_item(prepared).tolist() == [False] + [True] * 150 + [False]
    assert np.load(retrieval.path / "candidates.npz")["item_id"].max() == 150


def test_unknown_items_differ_by_their_content_alone(retrieval: Artifact):
    model = tf.saved_model.load(str(retrieval.path / "model"))
    vectors = model.signatures["encode_items"](
        item_id=tf.constant(["new", "newer", "newest", "new"]),
        genres=tf.constant([["Drama"], ["Drama"], ["Drama"], ["Action"]]),
        year=tf.constant([1950.0] * 4),
    )["item_vector"].numpy()
    np.testing.assert_array_equal(vectors[1:3], vectors[[0, 0]])
    assert (vectors[3] != vectors[0]).any()


def test_query_vectors_are_what_the_saved_model_gives(retrieval: Artifact, prepared: Artifact):
    vectors = np.load(retrieval.path / "query_vectors.npy")
    profiles = pq.read_table(prepared.path / "fit.parquet").to_pylist()
    assert len(vectors) == len(profiles)  # fewer than are drawn at most, so everyone is there
    model = tf.saved_model.load(str(retrieval.path / "model"))
    person = profiles[7]
    encode_query = model.signatures["serving_default"]
    _, inputs = encode_query.structured_input_signature
    raw = {name: tf.constant([person[name]], spec.dtype) for name, spec in inputs.items()}
    query = encode_query(**raw)["query_vector"][0]
    np.testing.assert_allclose(vectors[7], query, atol=1e-5)


def test_top_by_hand():
    scores = np.array([[1.0, 3.0, -np.inf, 2.0], [-np.inf, -np.inf, 5.0, -np.inf]])
    best, value = top(scores, 3)
    assert best.tolist() == [[1, 3, 0], [2, 0, 0]]
    assert value.tolist() == [[3.0, 2.0, 1.0], [5.0, 0.0, 0.0]]


def test_the_export_has_the_signatures_that_other_servers_show(
    prepared: Artifact, retrieval: Artifact
):
    # Signatures carry names and shapes that a stock TensorFlow Serving shows to its callers.
    model = tf.saved_model.load(str(retrieval.path / "model"))
    assert set(model.signatures) == {"serving_default", "from_vectors", "encode_items"}
    _, inputs = model.signatures["serving_default"].structured_input_signature
    assert inputs["history_item_id"].dtype == tf.string
    assert inputs["age"].dtype == tf.float32
    assert load_item_table(prepared)["genres"].shape[0] == 150 + 2
