"""The files that go to and from the C program; tensor_file.h describes the format."""

from __future__ import annotations

import struct
from collections.abc import Iterable, Mapping
from pathlib import Path

import numpy as np

import schemas.tf_runtime  # noqa: F401  (before TensorFlow)

# isort: split
import tensorflow as tf

MAGIC = b"TENSORS1"


def write_call(path: Path, feeds: Mapping[str, np.ndarray], fetches: Iterable[str]) -> None:
    """Writes a call.

    Args:
        path: The file.
        feeds: Tensor names of the graph to values; numbers, or strings as S.
        fetches: Tensor names to return.
    """
    tensors = b"".join(_name(name) + _tensor(value) for name, value in feeds.items())
    names = [_name(name) for name in fetches]
    counts = struct.pack("<I", len(feeds)), struct.pack("<I", len(names))
    path.write_bytes(MAGIC + counts[0] + tensors + counts[1] + b"".join(names))


def read_result(path: Path) -> dict[str, np.ndarray]:
    """Tensor names to values; strings as S.

    Raises:
        ValueError: The file is no whole result.
    """
    reader = _Reader(path)
    if reader.take(len(MAGIC)) != MAGIC:
        raise ValueError(f"{path}: expected a file that begins with {MAGIC!r}")
    result = {reader.name(): reader.tensor() for _ in range(reader.number("<I"))}
    if reader.number("<I") or reader.rest:
        raise ValueError(f"{path}: expected no fetches and nothing behind them")
    return result


def _name(name: str) -> bytes:
    text = name.encode()
    return struct.pack("<I", len(text)) + text


def _tensor(value: np.ndarray) -> bytes:
    data = value.tobytes() if value.dtype.kind != "S" else _strings(value)
    head = struct.pack("<II", tf.as_dtype(value.dtype).as_datatype_enum, value.ndim)
    return head + struct.pack(f"<{value.ndim}qQ", *value.shape, len(data)) + data


def _strings(value: np.ndarray) -> bytes:
    return b"".join(struct.pack("<Q", len(text)) + text for text in value.ravel().tolist())


class _Reader:
    """A file's bytes, from the first to the last."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.rest = path.read_bytes()

    def take(self, size: int) -> bytes:
        """The next bytes.

        Raises:
            ValueError: There are not as many.
        """
        if size > len(self.rest):
            raise ValueError(f"{self.path}: expected {size} more bytes, got {len(self.rest)}")
        taken, self.rest = self.rest[:size], self.rest[size:]
        return taken

    def number(self, form: str) -> int:
        """One integer, in a form of `struct`."""
        return int(struct.unpack(form, self.take(struct.calcsize(form)))[0])

    def name(self) -> str:
        """A tensor's name."""
        return self.take(self.number("<I")).decode()

    def tensor(self) -> np.ndarray:
        """A tensor's value."""
        dtype = tf.as_dtype(self.number("<I"))
        shape = [self.number("<q") for _ in range(self.number("<I"))]
        size = self.number("<Q")
        if dtype != tf.string:
            return np.frombuffer(self.take(size), dtype.as_numpy_dtype).reshape(shape)
        texts = [self.take(self.number("<Q")) for _ in range(int(np.prod(shape)))]
        return np.array(texts, np.bytes_).reshape(shape)
