"""The exchange files, byte by byte."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from benchmarks.parity.c_api.tensor_file import read_result, write_call


def u32(number: int) -> bytes:
    return number.to_bytes(4, "little")


def u64(number: int) -> bytes:
    return number.to_bytes(8, "little")


# TensorFlow's numbers: 1 is float32, 7 is string.
NUMBERS = u32(3) + b"n:0" + u32(1) + u32(1) + u64(2) + u64(8) + bytes.fromhex("0000803f000000c0")
TEXTS = (
    u32(3) + b"t:1" + u32(7) + u32(2) + u64(1) + u64(2) + u64(18) + u64(0) + u64(2) + b"\xc3\xa9"
)
RESULT = b"TENSORS1" + u32(2) + NUMBERS + TEXTS + u32(0)


def test_a_call_by_hand(tmp_path: Path):
    feeds = {"n:0": np.array([1, -2], np.float32), "t:1": np.array([[b"", "é".encode()]])}
    write_call(tmp_path / "call", feeds, ["out:0"])
    fetches = u32(1) + u32(5) + b"out:0"
    assert (tmp_path / "call").read_bytes() == RESULT[: -len(u32(0))] + fetches


def test_a_result_by_hand(tmp_path: Path):
    (tmp_path / "result").write_bytes(RESULT)
    found = read_result(tmp_path / "result")
    assert [*found] == ["n:0", "t:1"]
    assert found["n:0"].dtype == np.float32
    assert found["n:0"].tolist() == [1.0, -2.0]
    assert found["t:1"].tolist() == [[b"", "é".encode()]]


@pytest.mark.parametrize("size", range(len(RESULT)))
def test_a_result_cut_short_is_refused(tmp_path: Path, size: int):
    (tmp_path / "result").write_bytes(RESULT[:size])
    with pytest.raises(ValueError, match="result: expected"):
        read_result(tmp_path / "result")


@pytest.mark.parametrize("bytes_", [RESULT + b"\0", b"tensors1" + RESULT[8:]])
def test_other_files_are_refused(tmp_path: Path, bytes_: bytes):
    (tmp_path / "result").write_bytes(bytes_)
    with pytest.raises(ValueError, match="result: expected"):
        read_result(tmp_path / "result")
