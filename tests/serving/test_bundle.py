import json
import shutil

import pytest

from serving.bundle import open_bundle
from serving.run_versions import STAGES
from tests.serving.build import copied_run


@pytest.fixture
def copied(run_dir, tmp_path):
    return copied_run(run_dir, tmp_path)


def change_manifest(directory, change):
    path = directory / "latest" / "manifest.json"
    manifest = json.loads(path.read_text())
    change(manifest)
    path.write_text(json.dumps(manifest))


def test_a_run_that_was_moved_opens(copied, bundle):
    moved = open_bundle(copied)
    assert moved.versions == bundle.versions
    assert moved.retriever.item_ids == bundle.catalogue.item_ids


@pytest.mark.parametrize("stage", STAGES)
def test_a_missing_stage_is_named(copied, stage):
    shutil.rmtree(copied / stage)
    with pytest.raises(FileNotFoundError, match=f"expected a finished '{stage}' directory"):
        open_bundle(copied)


@pytest.mark.parametrize(
    ("stage", "built_from"),
    [
        ("retrieval", "prepared"),
        ("index", "retrieval"),
        ("ranking", "prepared"),
        ("ranking", "retrieval"),
    ],
)
def test_stages_that_were_not_built_from_each_other(copied, stage, built_from):
    change_manifest(copied / stage, lambda m: m["inputs"][built_from].update(version="old"))
    message = rf"expected {stage} built from {built_from} .*, got one built from another \(old\)"
    with pytest.raises(ValueError, match=message):
        open_bundle(copied)


def test_an_index_over_other_items(copied):
    path = copied / "index" / "latest" / "item_ids.txt"
    ids = path.read_text().split("\n")
    ids[0], ids[1] = ids[1], ids[0]
    path.write_text("\n".join(ids))
    with pytest.raises(ValueError, match="build the index again"):
        open_bundle(copied)


def test_a_model_of_before_there_were_explanations(copied):
    shutil.rmtree(copied / "ranking" / "latest" / "model")
    shutil.copytree(
        copied / "retrieval" / "latest" / "model", copied / "ranking" / "latest" / "model"
    )
    with pytest.raises(ValueError, match=r"expected the signature explain, got \["):
        open_bundle(copied)


def test_a_model_that_takes_something_else(copied):
    shutil.rmtree(copied / "retrieval" / "latest" / "model")
    shutil.copytree(
        copied / "ranking" / "latest" / "model", copied / "retrieval" / "latest" / "model"
    )
    with pytest.raises(ValueError, match="serving_default: expected the inputs"):
        open_bundle(copied)
