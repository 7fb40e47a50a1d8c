"""The text that a client brings back for the next page: what the server would have to remember.

Checked for damage, not signed: whoever makes a token up can leave items out of their own answer,
which `exclude_item_ids` lets them do anyway.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import struct
import zlib
from dataclasses import dataclass

import numpy as np

FORMAT = 1
_DIGEST = 8
"""Bytes of each digest."""
_HEAD = struct.Struct(">BII")
"""Format, rows and cursor; behind it the digests, then the rows."""
_NO_CURSOR = (1 << 32) - 1


@dataclass(frozen=True)
class Page:
    """Where a page begins.

    Attributes:
        shown: Catalogue rows on earlier pages, int64, ascending.
        cursor: What is before this place in the order of popularity was on earlier pages too;
            None while pages are retrieved.
    """

    shown: np.ndarray
    cursor: int | None = None


FIRST = Page(np.zeros(0, dtype=np.int64))


def digest(data: bytes) -> bytes:
    """A short digest, against mistakes and not against malice."""
    return hashlib.sha256(data).digest()[:_DIGEST]


def longest_token(rows: int, digests: int) -> int:
    """Characters of the longest token of so many rows; most take a third of it."""
    packed = 4 * rows + 5 * (4 * rows // 16_000 + 1) + 64  # zlib's own bound, and some more
    return -(-(_HEAD.size + _DIGEST * (digests + 1) + packed) * 4 // 3) + 4


def write_token(page: Page, digests: tuple[bytes, ...]) -> str:
    """A page as a text of letters, digits, - and _.

    Args:
        page: Its rows are below 2^31.
        digests: What the token belongs to.
    """
    gaps = np.diff(page.shown, prepend=0).astype("<u4")
    # Lowest bytes first, then the next ones, which are mostly 0 and take next to nothing.
    planes = gaps.view(np.uint8).reshape(-1, 4).T.tobytes()
    cursor = _NO_CURSOR if page.cursor is None else page.cursor
    head = _HEAD.pack(FORMAT, len(gaps), cursor)
    body = head + b"".join(digests) + zlib.compress(planes, 9)
    return base64.urlsafe_b64encode(digest(body) + body).rstrip(b"=").decode()


def read_token(token: str, digests: int, items: int, most: int) -> tuple[Page, tuple[bytes, ...]]:
    """The page and the digests that a token was written with.

    Args:
        token: Of any content and length.
        digests: How many it was written with.
        items: Of the catalogue.
        most: Rows that it may hold.

    Raises:
        ValueError: It was not written by `write_token`, or not for that many items.
    """
    try:
        padded = token.encode("ascii") + b"=" * (-len(token) % 4)
        raw = base64.b64decode(padded, altchars=b"-_", validate=True)
        body = raw[_DIGEST:]
        if digest(body) != raw[:_DIGEST]:
            raise ValueError("the check fails")
        version, count, cursor = _HEAD.unpack_from(body)
        if version != FORMAT or count > most or not (cursor == _NO_CURSOR or cursor <= items):
            raise ValueError("another format or catalogue")
        packed = body[_HEAD.size + _DIGEST * digests :]
        shown = _rows(packed, count)
    except (ValueError, binascii.Error, struct.error, zlib.error) as error:
        raise ValueError("not a page token") from error
    if count and not 0 <= shown[-1] < items:
        raise ValueError("not a page token of this catalogue")
    at = _HEAD.size
    found = tuple(body[at + n * _DIGEST : at + (n + 1) * _DIGEST] for n in range(digests))
    return Page(shown, None if cursor == _NO_CURSOR else cursor), found


def _rows(packed: bytes, count: int) -> np.ndarray:
    """Ascending rows, `[count]` int64."""
    planes = zlib.decompressobj().decompress(packed, 4 * count + 1)  # never more than is wanted
    if len(planes) != 4 * count:
        raise ValueError("another number of rows")
    bytes_of_rows = np.frombuffer(planes, np.uint8).reshape(4, count).T
    gaps = np.ascontiguousarray(bytes_of_rows).view("<u4").ravel().astype(np.int64)
    if (gaps[1:] == 0).any():
        raise ValueError("a row twice")
    return np.cumsum(gaps)
