"""What the parsers of text formats share: lines found, broken ones told apart, the rest kept."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import TypeVar

import numpy as np
import pyarrow as pa

T = TypeVar("T")


@dataclass(frozen=True)
class Parsed:
    """Some lines as columns; a line is counted from 0 and in exactly one of the two groups.

    Attributes:
        rows: The mapped columns, by the file's names, as text.
        lines: `[rows]` int64, the line of each row.
        broken: `[broken]` int64, lines that are no row.
        broken_text: `[broken]` string, what stands there.
        expected: What a line should have been.
    """

    rows: pa.RecordBatch
    lines: np.ndarray
    broken: np.ndarray
    broken_text: pa.Array
    expected: str


@dataclass(frozen=True)
class Lines:
    """Lines of a text; where each begins is looked up only if one is asked for alone.

    Attributes:
        data: The lines, each with its line end; the last may lack it.
    """

    data: bytes

    @cached_property
    def count(self) -> int:
        """How many there are."""
        return self.data.count(b"\n") + (self.data != b"" and not self.data.endswith(b"\n"))

    def between(self, first: int, last: int) -> bytes:
        """The lines from `first`, counted from 0, to the one before `last`."""
        if (first, last) == (0, self.count):
            return self.data
        return self.data[self.offsets[first] : self.offsets[last]]

    @cached_property
    def offsets(self) -> np.ndarray:
        """`[lines + 1]` int64: where each line begins, and the end."""
        ends = np.flatnonzero(np.frombuffer(self.data, np.uint8) == ord("\n")) + 1
        if len(ends) < self.count:
            ends = np.append(ends, len(self.data))
        return np.concatenate([[0], ends])


def salvage(
    first: int, last: int, parse: Callable[[int, int], T | None]
) -> Iterator[tuple[int, int, T | None]]:
    """Parses lines together or, where that fails, by halves down to the lines at fault.

    So a few broken lines cost some passes over the lines around them, and none is parsed alone
    unless it is at fault. What becomes of a line does not depend on the lines beside it.

    Args:
        first: The first line.
        last: The line behind the last.
        parse: Takes such a range; None says that its lines do not go together.

    Yields:
        Ranges in order, each with what `parse` made of it; None with a range of one line alone.
    """
    if first == last:
        return
    parsed = parse(first, last)
    if parsed is not None or last - first == 1:
        yield first, last, parsed
    else:
        middle = (first + last) // 2
        yield from salvage(first, middle, parse)
        yield from salvage(middle, last, parse)
