import dataclasses
import json
import shutil

import pytest
import tensorflow as tf
from google.protobuf import text_format
from tensorflow_serving.apis import prediction_log_pb2
from tensorflow_serving.config import model_server_config_pb2

from schemas.artifacts import Artifact, open_artifact, sha256
from schemas.config import ServeConfig
from schemas.lock import only_process
from serving.model_numbers import model_number
from serving.tf_serving_export import CONFIG, ORIGIN, WARM_UP, recorded, write_models

NAMES = {"retrieval": "matinee_retrieval", "ranking": "matinee_ranking"}


@pytest.fixture(scope="module")
def models(run_dir):
    return recorded(run_dir, ServeConfig())


@pytest.fixture(scope="module")
def exported(models, tmp_path_factory):
    out = tmp_path_factory.mktemp("exported") / "models"
    write_models(models, out)
    return out


@pytest.fixture
def out(exported, tmp_path):
    """An export, to add to."""
    shutil.copytree(exported, tmp_path / "models")
    return tmp_path / "models"


def number(run, stage):
    return model_number(open_artifact(run / stage))


def configured(out):
    text = (out / CONFIG).read_text()
    parsed = text_format.Parse(text, model_server_config_pb2.ModelServerConfig())
    return {
        model.name: (model.base_path, list(model.model_version_policy.specific.versions))
        for model in parsed.model_config_list.config
    }


def warm_up(directory):
    records = tf.data.TFRecordDataset(str(directory / WARM_UP)).as_numpy_iterator()
    return [
        prediction_log_pb2.PredictionLog.FromString(record).predict_log.request
        for record in records
    ]


def test_a_directory_of_versions_with_the_models_own_files(exported, run_dir):
    assert sorted(path.name for path in exported.iterdir()) == sorted([CONFIG, *NAMES.values()])
    for stage, name in NAMES.items():
        artifact = open_artifact(run_dir / stage)
        place = exported / name / str(model_number(artifact))
        assert [path.name for path in place.parent.iterdir()] == [place.name]
        for path, digest in artifact.manifest["files"].items():
            if path.startswith("model/"):
                assert sha256(place / path.removeprefix("model/")) == digest
        assert json.loads((place / ORIGIN).read_text()) == artifact.manifest


def test_the_configuration_names_them(exported, run_dir):
    assert configured(exported) == {
        name: (str(exported / name), [number(run_dir, stage)]) for stage, name in NAMES.items()
    }
    assert (exported / CONFIG).read_text().count('model_platform: "tensorflow"') == 2


def test_warm_up_requests_are_of_one_viewer_and_of_a_pair(exported, run_dir):
    asked = {
        stage: warm_up(exported / name / str(number(run_dir, stage)))
        for stage, name in NAMES.items()
    }
    # What new items need comes first, then one viewer and a pair.
    signatures = {
        stage: [request.model_spec.signature_name for request in asked[stage]] for stage in asked
    }
    plain, explain = "serving_default", "explain"
    assert signatures == {
        "retrieval": ["encode_items", "from_vectors", plain, plain],
        "ranking": ["encode_items", "from_vectors", plain, explain, plain, explain],
    }
    queries = [r.inputs["history_item_id"].tensor_shape for r in asked["retrieval"][1:]]
    assert [shape.dim[0].size for shape in queries] == [1, 1, 2]
    owners = [tf.make_ndarray(r.inputs["owner_count"]).tolist() for r in asked["ranking"][1:]]
    assert owners == [[1], [1], [1], [2], [2]]
    for stage, name in NAMES.items():
        for request in asked[stage]:
            spec = request.model_spec
            assert (spec.name, spec.version.value) == (name, number(run_dir, stage))


def test_again_changes_nothing(out, models):
    before = {path: path.stat().st_mtime_ns for path in out.rglob("saved_model.pb")}
    again = write_models(models, out)
    assert [model.reused for model in again] == [True, True]
    assert {path: path.stat().st_mtime_ns for path in out.rglob("saved_model.pb")} == before
    assert not list(out.glob(".*"))


def test_a_newer_build_comes_beside_the_older(out, models, run_dir, tmp_path):
    # The same version built again by force, with another file in it: another number.
    retrieval, ranking = models
    copied = tmp_path / "ranking"
    shutil.copytree(ranking.artifact.path, copied)
    (copied / "more.txt").write_text("more")
    files = {**ranking.artifact.manifest["files"], "more.txt": sha256(copied / "more.txt")}
    newer = Artifact(copied, {**ranking.artifact.manifest, "files": files})

    added = write_models([retrieval, dataclasses.replace(ranking, artifact=newer)], out)
    assert [model.reused for model in added] == [True, False]
    assert [model.version for model in added] == [m.artifact.version for m in models]
    both = sorted([number(run_dir, "ranking"), model_number(newer)])
    assert len(set(both)) == 2
    assert {name: versions for name, (_, versions) in configured(out).items()} == {
        "matinee_retrieval": [number(run_dir, "retrieval")],
        "matinee_ranking": both,
    }


def test_other_names_and_another_mount(models, tmp_path):
    renamed = [
        dataclasses.replace(model, name=name)
        for model, name in zip(models, ["films", "films.rank"], strict=True)
    ]
    write_models(renamed, tmp_path, tmp_path / "mnt")
    assert {name: path for name, (path, _) in configured(tmp_path).items()} == {
        "films": str(tmp_path / "mnt" / "films"),
        "films.rank": str(tmp_path / "mnt" / "films.rank"),
    }


def test_files_of_others_in_a_version_s_place(out, models, run_dir):
    place = out / "matinee_ranking" / str(number(run_dir, "ranking"))
    (place / "saved_model.pb").write_bytes(b"another model")
    with pytest.raises(ValueError, match=f"{place}: expected the files of .*, got another saved_"):
        write_models(models, out)
    assert (place / "saved_model.pb").read_bytes() == b"another model"


def test_a_configuration_of_others(out, models):
    (out / CONFIG).write_text("model_config_list {}\n")
    with pytest.raises(ValueError, match=r"models\.config: expected none, or one of `matinee exp"):
        write_models(models, out)
    assert (out / CONFIG).read_text() == "model_config_list {}\n"


def test_a_model_of_others_is_not_named(out, models, run_dir):
    (out / "matinee_ranking" / "5").mkdir()
    write_models(models, out)
    assert configured(out)["matinee_ranking"][1] == [number(run_dir, "ranking")]


def test_what_a_killed_export_left_is_no_obstacle(out, models, run_dir):
    name = str(number(run_dir, "ranking"))
    shutil.move(out / "matinee_ranking" / name, out / f".matinee_ranking.{name}")
    (out / f".matinee_ranking.{name}" / "saved_model.pb").unlink()
    written = write_models(models, out)
    assert [model.reused for model in written] == [True, False]
    assert (out / "matinee_ranking" / name / "saved_model.pb").stat().st_size
    assert not list(out.glob(".*"))


def test_two_at_once(out, models):
    with (
        only_process(out / ".lock", "the first"),
        pytest.raises(RuntimeError, match=f"exporting to {out}: expected to be alone"),
    ):
        write_models(models, out)


def test_a_damaged_model_is_not_exported(models, tmp_path):
    copied = tmp_path / "retrieval"
    shutil.copytree(models[0].artifact.path, copied)
    with (copied / "model" / "fingerprint.pb").open("ab") as file:
        file.write(b"x")
    artifact = dataclasses.replace(models[0].artifact, path=copied)
    with pytest.raises(ValueError, match=r"fingerprint\.pb: expected sha256"):
        write_models([dataclasses.replace(models[0], artifact=artifact)], tmp_path / "models")
    assert not (tmp_path / "models").exists()
