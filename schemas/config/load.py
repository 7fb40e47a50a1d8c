"""The TOML file, read over the defaults."""

from __future__ import annotations

import dataclasses
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from schemas.config.describe import DescribeConfig
from schemas.config.evaluate import EvaluateConfig
from schemas.config.index import IndexConfig
from schemas.config.join import JoinConfig
from schemas.config.prepare import PrepareConfig
from schemas.config.ranking import RankingConfig
from schemas.config.retrieval import RetrievalConfig
from schemas.config.serve import ServeConfig


@dataclass(frozen=True)
class Config:
    """All stages, one table each."""

    prepare: PrepareConfig = field(default_factory=PrepareConfig)
    join: JoinConfig = field(default_factory=JoinConfig)
    describe: DescribeConfig = field(default_factory=DescribeConfig)
    retrieval: RetrievalConfig = field(default_factory=RetrievalConfig)
    index: IndexConfig = field(default_factory=IndexConfig)
    ranking: RankingConfig = field(default_factory=RankingConfig)
    evaluate: EvaluateConfig = field(default_factory=EvaluateConfig)
    serve: ServeConfig = field(default_factory=ServeConfig)


def load_config(path: Path | None) -> Config:
    """Reads a TOML file over the defaults; without a path, the defaults.

    Raises:
        ValueError: The file is no TOML, a table or key is unknown, a value is of the wrong type or
            cannot work; the message names the file.
    """
    if path is None:
        return Config()
    try:
        raw = tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ValueError(f"{path}: expected TOML, got {error}") from None
    return config_from_dict(raw, str(path))


def config_from_dict(raw: Mapping[str, Any], where: str) -> Config:
    """The defaults with other values, by table and key, as TOML or JSON have them.

    Args:
        raw: `dataclasses.asdict` of a config, or part of it; lists for tuples.
        where: What errors begin with.

    Raises:
        ValueError: As for `load_config`.
    """
    tables = vars(Config())
    unknown = sorted(set(raw) - set(tables))
    if unknown:
        raise ValueError(f"{where}: unknown table {unknown[0]!r}; known: {sorted(tables)}")
    stages = {}
    for name, table in raw.items():
        if not isinstance(table, dict):
            raise ValueError(f"{where}: {name}: expected a table, got {table!r}")
        stages[name] = _stage(tables[name], table, f"{where}: ", name)
    return Config(**stages)


def _stage(defaults: Any, table: dict[str, Any], file: str, stage: str) -> Any:
    """`defaults` with the values of a TOML table, each checked against the default's type."""
    where = file + stage
    known = {f.name: getattr(defaults, f.name) for f in dataclasses.fields(defaults)}
    values = {}
    for key, value in table.items():
        if key not in known:
            raise ValueError(f"{where}: unknown key {key!r}; known: {sorted(known)}")
        values[key] = _typed(value, known[key], f"{where}.{key}")
    try:
        return dataclasses.replace(defaults, **values)
    except ValueError as error:
        raise ValueError(f"{file}{error}") from None


def _typed(value: Any, default: Any, where: str) -> Any:
    """TOML has no tuples and writes whole floats as integers; nothing else is converted."""
    if isinstance(default, tuple):
        kind = type(default[0]) if default else str  # what is empty by default lists names
        if isinstance(value, list) and all(type(v) is kind for v in value):
            return tuple(value)
    elif isinstance(default, float) and type(value) is int:
        return float(value)
    elif type(value) is type(default):
        return value
    raise ValueError(f"{where}: expected {type(default).__name__}, got {value!r}")
