import json
import os
from dataclasses import dataclass

import pytest

from schemas import artifacts
from schemas.artifacts import (
    build,
    check_belong_together,
    open_artifact,
    resume_directory,
    sha256,
    source_digest,
    verify,
    write_json,
)


@dataclass(frozen=True)
class StageConfig:
    rate: float = 0.5
    widths: tuple[int, ...] = (2, 1)


class Writer:
    """Writes its calls' number; fails on demand after the first file."""

    def __init__(self):
        self.calls = 0
        self.fail = None

    def __call__(self, directory):
        assert list(directory.iterdir()) == []
        self.calls += 1
        (directory / "sub").mkdir()
        (directory / "sub" / "model.txt").write_text(f"build {self.calls}")
        if self.fail is not None:
            raise self.fail
        return {"calls": self.calls}


@pytest.fixture
def writer():
    return Writer()


@pytest.fixture
def root(tmp_path):
    return tmp_path / "retrieval"


def make(root, writer, config=StageConfig(), inputs=None, sources=("schemas",), **options):
    return build(root, "retrieval", config, inputs or {}, sources, writer, **options)


def names(root):
    return sorted(path.name for path in root.iterdir())


def test_a_build_is_described(root, writer):
    artifact = make(root, writer)
    assert not artifact.reused
    assert artifact.figures == {"calls": 1}
    assert artifact.path == root / artifact.version
    assert names(root) == sorted([artifact.version, "latest"])
    manifest = json.loads((artifact.path / "manifest.json").read_text())
    assert manifest["stage"] == "retrieval"
    assert manifest["config"] == {"rate": 0.5, "widths": [2, 1]}
    assert manifest["inputs"] == {}
    assert list(manifest["files"]) == ["sub/model.txt"]
    # sha256 of "build 1", from sha256sum.
    assert manifest["files"]["sub/model.txt"].startswith("4ba0d1825bdde359")
    assert manifest["packages"]["numpy"]
    assert manifest["seconds"] >= 0


def test_the_same_build_is_not_made_twice(root, writer):
    first, second = make(root, writer), make(root, writer)
    assert writer.calls == 1
    assert second.reused
    # The manifest that was read: JSON knows no tuples.
    assert second.path.resolve() == first.path.resolve()
    assert second.version == first.version


def test_force_builds_again(root, writer):
    first, second = make(root, writer), make(root, writer, force=True)
    assert not second.reused
    assert second.path == first.path
    assert (second.path / "sub" / "model.txt").read_text() == "build 2"
    verify(open_artifact(root))


@pytest.mark.parametrize("what", ["config", "input", "source", "sources", "stage"])
def test_whatever_decides_the_result_changes_the_version(root, writer, monkeypatch, tmp_path, what):
    prepared = build(tmp_path / "prepared", "prepare", StageConfig(), {}, ["schemas"], lambda _: {})
    other = build(
        tmp_path / "prepared", "prepare", StageConfig(rate=0.6), {}, ["schemas"], lambda _: {}
    )
    first = make(root, writer, inputs={"prepared": prepared})
    if what == "config":
        second = make(root, writer, StageConfig(rate=0.6), inputs={"prepared": prepared})
    elif what == "input":
        second = make(root, writer, inputs={"prepared": other})
    elif what == "sources":
        second = make(root, writer, inputs={"prepared": prepared}, sources=("evaluation",))
    elif what == "stage":
        second = build(root, "index", StageConfig(), {"prepared": prepared}, ["schemas"], writer)
    else:
        monkeypatch.setattr(artifacts, "source_digest", lambda packages: "other")
        second = make(root, writer, inputs={"prepared": prepared})
    assert second.version != first.version
    assert not second.reused
    assert (root / "latest").readlink().name == second.version
    assert first.path.is_dir()


def test_new_libraries_and_inputs_built_again_are_another_version(
    root, writer, monkeypatch, tmp_path
):
    def prepared(force):
        written = Writer() if not force else lambda out: (out / "x").write_text("other") and {}
        config = StageConfig()
        return build(tmp_path / "prepared", "prepared", config, {}, ["schemas"], written, force)

    first = make(root, writer, inputs={"prepared": prepared(False)})
    # The same version of `prepared`, but other content.
    again = prepared(True)
    second = make(root, writer, inputs={"prepared": again})
    assert first.manifest["inputs"]["prepared"]["version"] == again.version
    assert second.version != first.version
    monkeypatch.setattr(artifacts, "package_versions", lambda: {"keras": "4.0"})
    assert make(root, writer, inputs={"prepared": again}).version != second.version


def test_stages_that_belong_together(root, writer, tmp_path):
    def prepared(config):
        return build(tmp_path / "prepared", "prepared", config, {}, ["schemas"], lambda _: {})

    first, other = prepared(StageConfig()), prepared(StageConfig(rate=0.6))
    retrieval = make(root, writer, inputs={"prepared": first})
    check_belong_together({"prepared": first, "retrieval": retrieval})
    message = rf"expected retrieval built from prepared {other.version} .* run the retrieval stage"
    with pytest.raises(ValueError, match=message):
        check_belong_together({"prepared": other, "retrieval": retrieval})


def test_source_digest_reads_code_and_nothing_else(tmp_path, monkeypatch):
    monkeypatch.setattr(artifacts, "ROOT", tmp_path)
    (tmp_path / "towers").mkdir()
    code = tmp_path / "towers" / "model.py"
    code.write_text("x = 1\n")
    before = source_digest(["towers"])
    (tmp_path / "towers" / "notes.txt").write_text("said nothing")
    assert source_digest(["towers"]) == before
    code.write_text("x = 2\n")
    changed = source_digest(["towers"])
    assert changed != before
    # The same content under another name is another program.
    code.rename(tmp_path / "towers" / "other.py")
    assert source_digest(["towers"]) not in {before, changed}
    # A module counts as a package does.
    nothing = source_digest(["front"])
    (tmp_path / "front.py").write_text("x = 1\n")
    assert source_digest(["front"]) != nothing


@pytest.mark.parametrize("error", [ValueError("no rows"), KeyboardInterrupt()])
def test_a_failed_build_leaves_the_old_one(root, writer, error):
    first = make(root, writer)
    before = names(root)
    writer.fail = error
    with pytest.raises(type(error)):
        make(root, writer, force=True)
    assert names(root) == before
    assert (first.path / "sub" / "model.txt").read_text() == "build 1"
    verify(open_artifact(root))


def test_a_failed_first_build_leaves_nothing(root, writer):
    writer.fail = ValueError("no rows")
    with pytest.raises(ValueError, match="no rows"):
        make(root, writer)
    assert names(root) == []
    with pytest.raises(FileNotFoundError, match="expected a finished 'retrieval' directory"):
        open_artifact(root)


def test_figures_that_json_cannot_hold_leave_nothing(root):
    with pytest.raises(ValueError, match="JSON"):
        make(root, lambda directory: {"recall": float("nan")})
    assert names(root) == []


def test_rubbish_of_a_killed_build_does_not_get_into_the_next(root, writer, monkeypatch):
    version = make(root, writer).version
    aside = root / f".{version}.{os.getpid()}"
    aside.mkdir()
    (aside / "half.txt").write_text("half")
    artifact = make(root, writer, force=True)
    assert not (artifact.path / "half.txt").exists()


def test_what_a_killed_build_left_is_removed(root, writer):
    version = make(root, writer).version
    for name in [f".{version}.17", f".{version}.17-old"]:
        (root / name).mkdir()
    (root / f".lock-{version}").touch()
    make(root, writer, force=True)
    assert names(root) == sorted([version, "latest"])


def test_two_builds_of_one_version_do_not_meet(root, writer):
    def during(directory):
        (directory / "half.txt").write_text("half")
        with pytest.raises(RuntimeError, match="another process does it"):
            make(root, writer)
        make(root, writer, StageConfig(rate=0.6))  # another version
        return {}

    artifact = make(root, during)
    assert (artifact.path / "half.txt").read_text() == "half"
    assert writer.calls == 1
    assert make(root, writer).reused


def test_a_damaged_manifest_is_named(root, writer):
    path = make(root, writer).path / "manifest.json"
    path.write_text(path.read_text()[:40])
    with pytest.raises(ValueError, match=r"manifest\.json: expected a manifest in JSON, got "):
        open_artifact(root)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[]", "expected a manifest, got list"),
        ("null", "expected a manifest, got NoneType"),
        ("{}", "version: expected str, got None"),
        ('{"version": "1", "stage": "a", "files": []}', r"files: expected dict, got \[\]"),
    ],
)
def test_json_that_is_no_manifest_is_told(root, writer, text, message):
    path = make(root, writer).path / "manifest.json"
    path.write_text(text)
    with pytest.raises(ValueError, match=rf"manifest\.json: {message}"):
        open_artifact(root)


def test_latest_goes_back_to_a_build_that_is_used_again(root, writer):
    first = make(root, writer)
    second = make(root, writer, StageConfig(rate=0.6))
    assert open_artifact(root).version == second.version
    again = make(root, writer)
    assert again.reused
    assert open_artifact(root).version == first.version
    # Relative, so that the whole directory can be moved.
    assert not (root / "latest").readlink().is_absolute()


def test_a_version_can_be_opened_by_its_own_path(root, writer):
    first = make(root, writer)
    make(root, writer, StageConfig(rate=0.6))
    assert open_artifact(first.path).version == first.version


def test_opening_what_is_not_there_says_what_to_do(tmp_path):
    with pytest.raises(
        FileNotFoundError, match=f"run matinee train ranking --run {tmp_path} first"
    ):
        open_artifact(tmp_path / "ranking")
    with pytest.raises(FileNotFoundError, match="run the stage that writes it first"):
        open_artifact(tmp_path / "shop")


def test_a_directory_without_a_manifest_is_built_again(root, writer):
    first = make(root, writer)
    (first.path / "manifest.json").unlink()
    assert not make(root, writer).reused
    assert writer.calls == 2


def test_verify_names_a_changed_and_a_missing_file(root, writer):
    artifact = make(root, writer)
    verify(artifact)
    model = artifact.path / "sub" / "model.txt"
    model.write_text("build 2")
    with pytest.raises(ValueError, match=r"sub/model\.txt: expected sha256 .*, got "):
        verify(artifact)
    model.unlink()
    with pytest.raises(ValueError, match=r"sub/model\.txt: expected sha256 .*, got None"):
        verify(artifact)


def test_sha256_and_json(tmp_path):
    path = tmp_path / "value.json"
    write_json(path, {"b": [1, 2.5], "a": None})
    assert json.loads(path.read_text()) == {"b": [1, 2.5], "a": None}
    assert names(tmp_path) == ["value.json"]
    (tmp_path / "empty").touch()
    # The digest of no bytes, FIPS 180-4.
    assert sha256(tmp_path / "empty").startswith("e3b0c44298fc1c14")
    with pytest.raises(ValueError, match="JSON"):
        write_json(path, float("nan"))
    assert json.loads(path.read_text())["a"] is None


def test_what_a_build_goes_on_from_belongs_to_the_version(root, writer):
    def killed(directory):
        kept = resume_directory(directory)
        assert kept == root / f".resume-{directory.name[1:].rpartition('.')[0]}"
        seen.append((kept / "state").exists())
        (kept / "state").write_text("half")
        if len(seen) < 3:
            raise KeyboardInterrupt
        return writer(directory)

    seen = []
    for _ in range(2):
        with pytest.raises(KeyboardInterrupt):
            make(root, killed)
    made = make(root, killed)
    assert seen == [False, True, True]
    # Done, it is not needed any more.
    assert names(root) == [made.version, "latest"]


def test_a_forced_build_begins_anew(root, writer):
    def killed(directory):
        (resume_directory(directory) / "state").write_text("half")
        raise KeyboardInterrupt

    def begins(directory):
        assert not (resume_directory(directory) / "state").exists()
        return writer(directory)

    with pytest.raises(KeyboardInterrupt):
        make(root, killed)
    assert make(root, begins, force=True).figures == {"calls": 1}


def test_only_a_build_has_something_to_go_on_from(tmp_path):
    with pytest.raises(ValueError, match=r"expected a directory of a build, \.<version>\."):
        resume_directory(tmp_path / "mine")
    assert list(tmp_path.iterdir()) == []
