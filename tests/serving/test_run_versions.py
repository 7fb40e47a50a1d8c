import pytest

from benchmarks.built_again import build_again, point_latest, served_copy
from serving.run_versions import STAGES, latest_versions, versions_at


@pytest.fixture
def run(run_dir, tmp_path):
    return served_copy(run_dir, tmp_path / "run")


def test_the_latest_builds(run, run_dir, bundle):
    found = latest_versions(run)
    assert found.names == bundle.versions
    assert found.identity == latest_versions(run_dir).identity
    assert versions_at(found.paths) == found
    found.check_files(models=True)


def test_stages_that_are_being_built_one_after_the_other(run):
    before = latest_versions(run)
    build_again(run, "again")
    for stage in ("retrieval", "index"):
        point_latest(run, stage, "again")
        with pytest.raises(ValueError, match="got one built from another"):
            latest_versions(run)
    point_latest(run, "ranking", "again")
    after = latest_versions(run)
    assert set(after.names.values()) == {"again", before.names["prepared"]}
    assert after.identity != before.identity


@pytest.mark.parametrize(
    ("stage", "file", "models"),
    [
        ("prepared", "catalogue.parquet", False),
        ("index", "item_ids.txt", False),
        ("retrieval", "model/saved_model.pb", True),
        ("ranking", "model/variables/variables.data-00000-of-00001", True),
    ],
)
def test_a_file_that_was_cut(run, stage, file, models):
    versions = latest_versions(run)
    path = versions.stages[stage].path / file
    path.write_bytes(path.read_bytes()[:-1])
    with pytest.raises(ValueError, match=f"{path}: expected sha256 [0-9a-f]+, got [0-9a-f]+"):
        versions.check_files(models=True)
    if models:
        # Where the models run elsewhere, their files here are not read.
        versions.check_files(models=False)
    path.unlink()
    with pytest.raises(ValueError, match=f"{path}: expected sha256 [0-9a-f]+, got None"):
        versions.check_files(models=True)


def test_what_no_server_reads_is_not_held_against_it(run, run_dir):
    prepared = latest_versions(run_dir).stages["prepared"]
    unread = [name for name in prepared.manifest["files"] if name.startswith("transform")]
    assert unread
    assert not any(
        (latest_versions(run).stages["prepared"].path / name).exists() for name in unread
    )
    latest_versions(run).check_files(models=True)


@pytest.mark.parametrize("stage", STAGES)
def test_a_missing_stage_is_named(run, stage):
    (run / stage / "latest").unlink()
    with pytest.raises(FileNotFoundError, match=f"expected a finished '{stage}' directory"):
        latest_versions(run)
