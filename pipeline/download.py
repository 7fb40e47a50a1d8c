"""One file over HTTP: time-outs, resume, digest, atomic rename."""

from __future__ import annotations

import hashlib
import re
import urllib.error
import urllib.request
from collections.abc import Callable
from http.client import HTTPException, HTTPResponse
from pathlib import Path

from pipeline.datasets import FetchError, IntegrityError

Progress = Callable[[int, int | None], None]
"""Called with `(done_bytes, total_bytes)`; the total is None while unknown."""

PATIENCE_SECONDS = 5.0
CHUNK_BYTES = 1 << 18
DIGEST_BYTES = 4096
"""More than any published digest file holds."""


def download(
    url: str,
    path: Path,
    md5: str | None,
    progress: Progress,
    patience_seconds: float = PATIENCE_SECONDS,
) -> None:
    """Downloads `url` to `path`, going on from a partial `<path>.part` if there is one.

    Args:
        url: Address.
        path: Where the complete, checked file goes.
        md5: Expected digest, or None to read it from `<url>.md5`.
        progress: Told of every chunk.
        patience_seconds: Longest wait for the connection and for each further piece.

    Raises:
        FetchError: The server cannot be reached, refuses, or breaks off without having sent
            anything new; the partial file stays.
        IntegrityError: The digest differs; the partial file is deleted.
    """
    expected = md5 or published_md5(url + ".md5", patience_seconds)
    part = path.with_name(path.name + ".part")
    while True:
        before = _size(part)
        try:
            _receive(url, part, progress, patience_seconds)
            break
        except (OSError, HTTPException) as error:
            if _size(part) <= before:
                raise FetchError(f"{url}: {_reason(error)}") from error
    with part.open("rb") as file:
        found = hashlib.file_digest(file, lambda: hashlib.md5(usedforsecurity=False)).hexdigest()
    if found != expected:
        part.unlink()
        raise IntegrityError(f"{url}: expected md5 {expected}, got {found}")
    part.replace(path)


def published_md5(url: str, seconds: float) -> str:
    """Reads a digest file, in the form of md5sum or of BSD md5.

    Raises:
        FetchError: It cannot be read or holds no digest.
    """
    try:
        with _open(urllib.request.Request(url), seconds) as response:  # noqa: S310  checked in _open
            text = response.read(DIGEST_BYTES).decode(errors="replace")
    except (OSError, HTTPException) as error:
        raise FetchError(f"{url}: {_reason(error)}") from error
    digest = re.search(r"\b[0-9a-fA-F]{32}\b", text)
    if digest is None:
        raise FetchError(f"{url}: expected an md5 digest, got {text[:60]!r}")
    return digest.group().lower()


def _receive(url: str, part: Path, progress: Progress, seconds: float) -> None:
    """Appends what is missing of `part`; starts over if the server sends the whole file."""
    have = _size(part)
    request = urllib.request.Request(url)  # noqa: S310  checked in _open
    if have:
        request.add_header("Range", f"bytes={have}-")
    try:
        response = _open(request, seconds)
    except urllib.error.HTTPError as error:
        if have and error.code == 416:  # nothing after what we have: the digest will tell
            return
        raise
    with response:
        resumed = response.status == 206
        done = have if resumed else 0
        length = response.headers.get("Content-Length")
        total = done + int(length) if length is not None else None
        with part.open("ab" if resumed else "wb") as file:
            progress(done, total)
            while chunk := response.read(CHUNK_BYTES):
                file.write(chunk)
                done += len(chunk)
                progress(done, total)
    if total is not None and done < total:
        raise ConnectionError(f"expected {total} bytes, got {done}")


def _size(path: Path) -> int:
    return path.stat().st_size if path.exists() else 0


def _open(request: urllib.request.Request, seconds: float) -> HTTPResponse:
    if request.type not in {"http", "https"}:
        raise OSError(f"expected an http address, got {request.full_url}")
    return urllib.request.urlopen(request, timeout=seconds)  # noqa: S310  checked above


def _reason(error: Exception) -> str:
    if isinstance(error, urllib.error.HTTPError):
        return f"HTTP {error.code} {error.reason}"
    if isinstance(error, TimeoutError) or isinstance(getattr(error, "reason", None), TimeoutError):
        return "no answer in time"
    cause = getattr(error, "reason", error)
    return getattr(cause, "strerror", None) or str(cause) or type(cause).__name__
