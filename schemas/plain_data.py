"""Plain data, as TOML and JSON give it, to frozen dataclasses and back: every key is checked."""

from __future__ import annotations

import dataclasses
import typing
from enum import StrEnum
from typing import Any, TypeVar

T = TypeVar("T")


def from_plain(cls: type[T], raw: object, where: str) -> T:
    """Builds a dataclass from a table.

    Fields may be `str`, `bool`, `int`, `float`, a `StrEnum` or `tuple[str, ...]`; of the last,
    a single string stands for a list of one.

    Args:
        cls: A dataclass; a field without default must be given.
        raw: The table.
        where: Names the table in errors.

    Raises:
        ValueError: A key is unknown or missing, a value has another type, or `cls` refuses it with
            a message that begins with the field's name.
    """
    table = expect_table(raw, where)
    fields = {field.name: field for field in dataclasses.fields(typing.cast(Any, cls))}
    for key in table:
        if key not in fields:
            raise ValueError(f"{where}: unknown key {key!r}; known: {sorted(fields)}")
    for name, field in fields.items():
        if name not in table and field.default is dataclasses.MISSING:
            raise ValueError(f"{where}: expected the key {name!r}, got {sorted(table)}")
    types = typing.get_type_hints(cls)
    values = {key: _typed(value, types[key], f"{where}.{key}") for key, value in table.items()}
    try:
        return cls(**values)
    except ValueError as error:
        raise ValueError(f"{where}.{error}") from None


def to_plain(value: Any) -> dict[str, Any]:
    """What `from_plain` takes to build the same again; fields at their default are left out."""
    table = {}
    for field in dataclasses.fields(value):
        held = getattr(value, field.name)
        if held != field.default:
            table[field.name] = list(held) if isinstance(held, tuple) else held
    return {name: str(held) if isinstance(held, StrEnum) else held for name, held in table.items()}


def expect_table(raw: object, where: str) -> dict[str, Any]:
    """The table itself.

    Raises:
        ValueError: It is something else.
    """
    if not isinstance(raw, dict):
        raise ValueError(f"{where}: expected a table, got {raw!r}")
    return raw


def _typed(value: object, wanted: Any, where: str) -> Any:
    """TOML writes whole floats as integers; nothing else is converted."""
    if isinstance(wanted, type) and issubclass(wanted, StrEnum):
        known = [str(member) for member in wanted]
        if value not in known:
            raise ValueError(f"{where}: expected one of {known}, got {value!r}")
        return wanted(value)
    if typing.get_origin(wanted) is tuple:
        values = [value] if isinstance(value, str) else value
        if isinstance(values, list) and all(isinstance(one, str) for one in values):
            return tuple(values)
        raise ValueError(f"{where}: expected a string or a list of strings, got {value!r}")
    if wanted is float and type(value) is int:
        return float(value)
    if type(value) is not wanted:
        raise ValueError(f"{where}: expected {wanted.__name__}, got {value!r}")
    return value
