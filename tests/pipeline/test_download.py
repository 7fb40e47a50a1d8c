"""Downloads from a server that breaks off, stalls, lies and refuses."""

from __future__ import annotations

import hashlib
import random
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from pipeline.datasets import FetchError, IntegrityError
from pipeline.download import download
from tests.pipeline.server import Site, serve

CONTENT = random.Random(1).randbytes(1_000_000)  # noqa: S311  not a secret
MD5 = hashlib.md5(CONTENT, usedforsecurity=False).hexdigest()


@pytest.fixture
def site() -> Iterator[Site]:
    with serve() as running:
        running.files["/a.zip"] = CONTENT
        yield running


def get(site: Site, path: Path, md5: str | None = MD5) -> list[tuple[int, int | None]]:
    steps: list[tuple[int, int | None]] = []
    download(f"{site.address}/a.zip", path, md5, lambda *step: steps.append(step), 0.5)
    return steps


def test_a_whole_file_with_progress(site: Site, tmp_path: Path) -> None:
    steps = get(site, tmp_path / "a.zip")
    assert (tmp_path / "a.zip").read_bytes() == CONTENT
    assert [path.name for path in tmp_path.iterdir()] == ["a.zip"]
    assert steps[0] == (0, len(CONTENT)) and steps[-1] == (len(CONTENT), len(CONTENT))
    assert steps == sorted(steps) and len(steps) > 2


def test_goes_on_from_a_partial_file(site: Site, tmp_path: Path) -> None:
    (tmp_path / "a.zip.part").write_bytes(CONTENT[:600_000])
    steps = get(site, tmp_path / "a.zip")
    assert site.asked == [("/a.zip", "bytes=600000-")]
    assert steps[0] == (600_000, len(CONTENT))
    assert (tmp_path / "a.zip").read_bytes() == CONTENT


def test_goes_on_when_the_server_breaks_off(site: Site, tmp_path: Path) -> None:
    site.break_after = 400_000
    get(site, tmp_path / "a.zip")
    ranges = [asked[1] for asked in site.asked]
    assert ranges == [None, "bytes=400000-", "bytes=800000-"]
    assert (tmp_path / "a.zip").read_bytes() == CONTENT


def test_starts_over_where_ranges_are_not_known(site: Site, tmp_path: Path) -> None:
    site.ranges = False
    (tmp_path / "a.zip.part").write_bytes(b"x" * 10)
    get(site, tmp_path / "a.zip")
    assert (tmp_path / "a.zip").read_bytes() == CONTENT


def test_a_complete_partial_file_is_checked_and_taken(site: Site, tmp_path: Path) -> None:
    (tmp_path / "a.zip.part").write_bytes(CONTENT)
    get(site, tmp_path / "a.zip")
    assert (tmp_path / "a.zip").read_bytes() == CONTENT


def test_gives_up_without_anything_new_and_keeps_what_it_has(site: Site, tmp_path: Path) -> None:
    site.break_after = 0
    (tmp_path / "a.zip.part").write_bytes(CONTENT[:600_000])
    with pytest.raises(FetchError, match="expected 1000000 bytes, got 600000"):
        get(site, tmp_path / "a.zip")
    assert (tmp_path / "a.zip.part").stat().st_size == 600_000
    assert not (tmp_path / "a.zip").exists()


def test_another_digest(site: Site, tmp_path: Path) -> None:
    with pytest.raises(IntegrityError, match=f"a.zip: expected md5 {'0' * 32}, got {MD5}"):
        get(site, tmp_path / "a.zip", "0" * 32)
    assert list(tmp_path.iterdir()) == []  # nothing to go on from


@pytest.mark.parametrize("form", ["{md5}  a.zip\n", "MD5 (a.zip) = {md5}\n", "{MD5}"])
def test_published_digest(site: Site, tmp_path: Path, form: str) -> None:
    site.files["/a.zip.md5"] = form.format(md5=MD5, MD5=MD5.upper()).encode()
    get(site, tmp_path / "a.zip", None)
    assert (tmp_path / "a.zip").read_bytes() == CONTENT


def test_published_digest_that_differs(site: Site, tmp_path: Path) -> None:
    site.files["/a.zip.md5"] = b"0" * 32
    with pytest.raises(IntegrityError, match="expected md5 0000"):
        get(site, tmp_path / "a.zip", None)


@pytest.mark.parametrize("content", [None, b"<html>not here</html>"])
def test_no_published_digest_no_download(site: Site, tmp_path: Path, content: bytes | None) -> None:
    if content is not None:
        site.files["/a.zip.md5"] = content
    with pytest.raises(FetchError, match=r"a\.zip\.md5: (HTTP 404|expected an md5 digest)"):
        get(site, tmp_path / "a.zip", None)
    assert list(tmp_path.iterdir()) == []


def test_no_answer_in_time(site: Site, tmp_path: Path) -> None:
    site.stall_seconds = 1.0
    with pytest.raises(FetchError, match=r"a\.zip: no answer in time"):
        get(site, tmp_path / "a.zip")


def test_nobody_there(tmp_path: Path) -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        site = Site(address=f"http://127.0.0.1:{unused.getsockname()[1]}")
        with pytest.raises(FetchError, match=r"a\.zip: .*refused"):
            get(site, tmp_path / "a.zip")


def test_only_http(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("x")
    with pytest.raises(FetchError, match="expected an http address"):
        download((tmp_path / "secret").as_uri(), tmp_path / "a", MD5, lambda *step: None)
