"""Work that is done ahead of the one who asks for it."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

T = TypeVar("T")

END: Any = object()


def ahead(values: Iterator[T]) -> Iterator[T]:
    """The same values, each made in a thread of its own while the one before it is in use.

    It pays where the making leaves the interpreter's lock, as pyarrow and numpy mostly do.
    """
    with ThreadPoolExecutor(1) as thread:
        following = thread.submit(next, values, END)
        while (value := following.result()) is not END:
            following = thread.submit(next, values, END)
            yield value
