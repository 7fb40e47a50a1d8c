"""Archives that are not trusted: names, kinds and sizes are checked before a byte is written."""

from __future__ import annotations

import errno
import lzma
import stat
import zipfile
import zlib
from collections.abc import Collection
from pathlib import Path, PurePosixPath

from pipeline.datasets import IntegrityError

MAX_FILES = 1_000
MAX_BYTES = 8 << 30
"""Above the largest release, ml-32m, unpacked."""
CHUNK_BYTES = 1 << 20
BROKEN = (zipfile.BadZipFile, EOFError, UnicodeDecodeError, zlib.error, lzma.LZMAError)
"""What `zipfile` lets through from damaged directories, names and data."""
OUR_DISK = {errno.ENOSPC, errno.EDQUOT, errno.EACCES, errno.EPERM, errno.EROFS, errno.EIO}
"""Errors that say nothing about the archive."""


def unpack(
    archive: Path,
    directory: Path,
    members: Collection[str] | None = None,
    max_bytes: int = MAX_BYTES,
) -> None:
    """Unpacks a zip archive's files; a single top folder is left out.

    Args:
        archive: The zip file.
        directory: An existing directory.
        members: Names to take, each by its last part; None takes all.
        max_bytes: Largest sum of unpacked sizes.

    Raises:
        IntegrityError: The archive is damaged or not a zip, lacks a member, or holds a path
            outside itself, a link, too many files or too many bytes.
        OSError: The disk is full, or a file may not be read or written.
    """
    try:
        with zipfile.ZipFile(archive) as opened:
            # Not `is_dir()`, which cannot take an empty name.
            infos = [info for info in opened.infolist() if not info.filename.endswith("/")]
            if members is not None:
                infos = _wanted(archive, infos, members)
            _check(archive, infos, max_bytes)
            top = _top_folder(infos)
            for info in infos:
                path = PurePosixPath(info.filename)
                target = directory / (path.name if members is not None else path.relative_to(top))
                target.parent.mkdir(parents=True, exist_ok=True)
                _extract(opened, info, target)
    except (*BROKEN, NotImplementedError, RuntimeError, OSError) as error:
        if isinstance(error, IntegrityError) or getattr(error, "errno", None) in OUR_DISK:
            raise
        raise IntegrityError(
            f"{archive.name}: expected a sound zip archive, got {error}"
        ) from error


def _wanted(
    archive: Path, infos: list[zipfile.ZipInfo], members: Collection[str]
) -> list[zipfile.ZipInfo]:
    by_name = {info.filename: info for info in infos}
    missing = sorted(set(members) - set(by_name))
    if missing:
        raise IntegrityError(f"{archive.name}: expected the file {missing[0]}, found none")
    return [by_name[name] for name in members]


def _check(archive: Path, infos: list[zipfile.ZipInfo], max_bytes: int) -> None:
    if not infos:
        raise IntegrityError(f"{archive.name}: expected files, found none")
    if len(infos) > MAX_FILES:
        raise IntegrityError(
            f"{archive.name}: expected at most {MAX_FILES} files, got {len(infos)}"
        )
    size = sum(info.file_size for info in infos)
    if size > max_bytes:
        raise IntegrityError(f"{archive.name}: expected at most {max_bytes} bytes, got {size}")
    for info in infos:
        path = PurePosixPath(info.filename)
        if (
            not path.parts
            or path.is_absolute()
            or ".." in path.parts
            or "\\" in info.filename
            or ":" in path.parts[0]
        ):
            raise IntegrityError(f"{archive.name}: path outside the archive: {info.filename!r}")
        kind = stat.S_IFMT(info.external_attr >> 16)
        if kind not in {0, stat.S_IFREG}:
            raise IntegrityError(f"{archive.name}: expected plain files, got {info.filename!r}")


def _top_folder(infos: list[zipfile.ZipInfo]) -> str:
    tops = {PurePosixPath(info.filename).parts[0] for info in infos}
    nested = all(len(PurePosixPath(info.filename).parts) > 1 for info in infos)
    return tops.pop() if nested and len(tops) == 1 else ""


def _extract(opened: zipfile.ZipFile, info: zipfile.ZipInfo, target: Path) -> None:
    """Copies no more than the size announced; the CRC is checked at the end of the member."""
    written = 0
    with opened.open(info) as source, target.open("xb") as file:
        while chunk := source.read(CHUNK_BYTES):
            written += len(chunk)
            if written > info.file_size:
                raise IntegrityError(f"{info.filename}: expected {info.file_size} bytes, got more")
            file.write(chunk)
