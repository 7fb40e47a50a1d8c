"""Archives that attack, and archives that are broken."""

from __future__ import annotations

import stat
import zipfile
from pathlib import Path

import pytest

from pipeline import unpack as unpacking
from pipeline.datasets import IntegrityError
from pipeline.unpack import unpack


def archive(path: Path, files: dict[str, bytes]) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as opened:
        for name, content in files.items():
            opened.writestr(name, content)
    return path


@pytest.fixture
def out(tmp_path: Path) -> Path:
    (tmp_path / "inside" / "out").mkdir(parents=True)
    return tmp_path / "inside" / "out"


def found(directory: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(directory)): path.read_bytes()
        for path in directory.rglob("*")
        if path.is_file()
    }


def test_one_top_folder_is_left_out(tmp_path: Path, out: Path) -> None:
    files = {"ml/": b"", "ml/u.data": b"1", "ml/more/b": b"2"}
    unpack(archive(tmp_path / "a.zip", files), out)
    assert found(out) == {"u.data": b"1", "more/b": b"2"}


def test_two_top_folders_stay(tmp_path: Path, out: Path) -> None:
    unpack(archive(tmp_path / "a.zip", {"a/x": b"1", "b/x": b"2"}), out)
    assert found(out) == {"a/x": b"1", "b/x": b"2"}


def test_wanted_members_only(tmp_path: Path, out: Path) -> None:
    path = archive(tmp_path / "a.whl", {"p/data/x": b"1", "p/code.py": b"2", "../evil": b"3"})
    unpack(path, out, members=["p/data/x"])
    assert found(out) == {"x": b"1"}
    with pytest.raises(IntegrityError, match="expected the file p/data/y, found none"):
        unpack(path, out, members=["p/data/y"])


@pytest.mark.parametrize(
    "name",
    ["../evil", "a/../../evil", "/tmp/evil", "a\\..\\evil", "C:/evil", "."],  # noqa: S108
)
def test_paths_outside(tmp_path: Path, out: Path, name: str) -> None:
    path = archive(tmp_path / "a.zip", {"good": b"1", name: b"evil"})
    with pytest.raises(IntegrityError, match="path outside the archive"):
        unpack(path, out)
    assert found(tmp_path / "inside") == {}


def test_symbolic_link(tmp_path: Path, out: Path) -> None:
    link = zipfile.ZipInfo("link")
    link.external_attr = (stat.S_IFLNK | 0o777) << 16
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as opened:
        opened.writestr(link, "/etc/passwd")
    with pytest.raises(IntegrityError, match="expected plain files, got 'link'"):
        unpack(tmp_path / "a.zip", out)


def test_too_large(tmp_path: Path, out: Path) -> None:
    path = archive(tmp_path / "a.zip", {"a": b"0" * 1_000, "b": b"0" * 1_000})
    unpack(path, out, max_bytes=2_000)
    with pytest.raises(IntegrityError, match="expected at most 1999 bytes, got 2000"):
        unpack(path, out, max_bytes=1_999)


def test_too_many(tmp_path: Path, out: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(unpacking, "MAX_FILES", 2)
    with pytest.raises(IntegrityError, match="expected at most 2 files, got 3"):
        unpack(archive(tmp_path / "a.zip", {"a": b"", "b": b"", "c": b""}), out)


@pytest.mark.parametrize("share", [0.0, 0.1, 0.5, 0.99])
def test_truncated(tmp_path: Path, out: Path, share: float) -> None:
    whole = archive(tmp_path / "a.zip", {"a": bytes(range(256)) * 40}).read_bytes()
    (tmp_path / "a.zip").write_bytes(whole[: int(len(whole) * share)])
    with pytest.raises(IntegrityError, match=r"a\.zip: expected a sound zip archive"):
        unpack(tmp_path / "a.zip", out)


def test_changed_content(tmp_path: Path, out: Path) -> None:
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as opened:
        opened.writestr("a", b"ratings")
    data = (tmp_path / "a.zip").read_bytes().replace(b"ratings", b"ratinks", 1)
    (tmp_path / "a.zip").write_bytes(data)
    with pytest.raises(IntegrityError, match="Bad CRC-32"):
        unpack(tmp_path / "a.zip", out)


def test_damaged_anywhere(tmp_path: Path, out: Path) -> None:
    path = archive(tmp_path / "a.zip", {"top/a": bytes(range(256)) * 40, "top/b": b"x" * 999})
    whole = path.read_bytes()
    told = 0
    for at in range(len(whole)):
        path.write_bytes(whole[:at] + bytes([whole[at] ^ 0xFF]) + whole[at + 1 :])
        target = out / str(at)
        target.mkdir()
        try:
            unpack(path, target)
        except IntegrityError:
            told += 1
    # The rest are bytes that mean nothing here, such as the time of a file.
    assert told > len(whole) / 2


def test_empty(tmp_path: Path, out: Path) -> None:
    with pytest.raises(IntegrityError, match="expected files, found none"):
        unpack(archive(tmp_path / "a.zip", {}), out)
