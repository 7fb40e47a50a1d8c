"""Text files as chunks of whole lines: byte ranges of plain files, a stream of gzipped ones."""

from __future__ import annotations

import math
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from pipeline.sources.files import GZIP, SourceError

CHUNK_BYTES = 8 << 20
LONGEST_LINE = 64 << 20
"""Bytes; a longer one is no text file, and memory has an end."""
PACKED_BYTES = 1 << 20
"""Bytes of a gzipped file that are read at a time."""
UNPACKED_BYTES = 1 << 16
"""Bytes unpacked at a time; where the stream breaks, so much before it can be lost."""
WITH_GZIP_HEADER = 31
BROKEN_STREAM = "gzip stream"
"""In every fault of one."""
HEAD_BYTES = 1 << 20
BYTE_ORDER_MARK = b"\xef\xbb\xbf"


@dataclass(frozen=True)
class Chunk:
    """Whole lines of a file, the last of which may lack its line end.

    Attributes:
        offset: First byte, in the file as it is when unpacked.
        data: The lines.
        fault: What is wrong with the gzip stream behind the last whole line, if anything: `data` is
            then the one broken line, which may be empty, and nothing follows.
    """

    offset: int
    data: bytes
    fault: str = ""

    @property
    def lines(self) -> int:
        """Lines, blank and broken ones included."""
        if self.fault:
            return 1
        return self.data.count(b"\n") + (len(self.data) > 0 and not self.data.endswith(b"\n"))


def chunks(
    path: Path, start: int = 0, chunk_bytes: int = CHUNK_BYTES, size: int | None = None
) -> Iterator[Chunk]:
    """A file in chunks of about `chunk_bytes`.

    Args:
        path: The file.
        start: First byte that is read.
        chunk_bytes: Bytes that are read at a time.
        size: Bytes that are read of a plain file; None, and of a gzipped file: all there are.

    Raises:
        SourceError: A line is longer than `LONGEST_LINE`.
    """
    offset, rest = start, b""
    if path.suffix == GZIP:
        parts = _unpacked(path, start, chunk_bytes)
    else:
        parts = _plain(path, start, chunk_bytes, math.inf if size is None else size)
    for data, fault in parts:
        data = rest + data
        end = data.rfind(b"\n") + 1
        if end:
            yield Chunk(offset, data[:end])
        offset, rest = offset + end, data[end:]
        if fault:
            yield Chunk(offset, rest, fault)
            return
        if len(rest) > LONGEST_LINE:
            raise SourceError(f"{path}: expected lines of at most {LONGEST_LINE} bytes, got more")
    if rest:
        yield Chunk(offset, rest)


def head(path: Path) -> Chunk:
    """The first lines of a file, without a byte order mark."""
    first = next(chunks(path, chunk_bytes=HEAD_BYTES), Chunk(0, b""))
    if not first.data.startswith(BYTE_ORDER_MARK):
        return first
    return Chunk(len(BYTE_ORDER_MARK), first.data.removeprefix(BYTE_ORDER_MARK), first.fault)


def read_whole(path: Path) -> bytes:
    """A whole file, unpacked, without a byte order mark.

    Raises:
        SourceError: The gzip stream is broken.
    """
    data = []
    for chunk in chunks(path, head(path).offset):
        if chunk.fault:
            raise SourceError(f"{path}: {chunk.fault} at byte {chunk.offset + len(chunk.data)}")
        data.append(chunk.data)
    return b"".join(data)


def _plain(path: Path, start: int, chunk_bytes: int, left: float) -> Iterator[tuple[bytes, str]]:
    with path.open("rb") as file:
        file.seek(start)
        while data := file.read(int(min(chunk_bytes, left))):
            left -= len(data)
            yield data, ""


def _unpacked(path: Path, start: int, chunk_bytes: int) -> Iterator[tuple[bytes, str]]:
    """Parts of what was packed, and what is wrong with the stream behind the last of them."""
    data, fault = bytearray(), ""
    member = zlib.decompressobj(WITH_GZIP_HEADER)
    with path.open("rb") as file:
        packed = file.read(PACKED_BYTES)
        while packed:
            try:
                data += member.decompress(packed, UNPACKED_BYTES)
            except zlib.error as error:
                fault = f"expected a sound {BROKEN_STREAM}, got {error}"
                break
            if len(data) >= start + chunk_bytes:
                yield bytes(data[start:]), ""
                data.clear()
                start = 0
            if member.eof:  # a file may have several members, and zeros may fill it up
                packed = (member.unused_data or file.read(PACKED_BYTES)).lstrip(b"\0")
                member = zlib.decompressobj(WITH_GZIP_HEADER)
            else:
                packed = member.unconsumed_tail or file.read(PACKED_BYTES)
                if not packed:
                    fault = f"expected the end of the {BROKEN_STREAM}, got the end of the file"
    yield bytes(data[start:]), fault
