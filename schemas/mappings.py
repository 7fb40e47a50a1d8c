"""Codes of the MovieLens releases and the readable values they stand for, in both directions.

The tables are data, one TOML file each in `schemas/mappings/`: `age_groups` and `occupations` of
ml-1m, `genre_flags` of ml-100k.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

MAPPINGS = Path(__file__).parent / "mappings"


@dataclass(frozen=True)
class Mapping:
    """A table of codes; every code and every label is there once.

    Attributes:
        name: As its file is named.
        codes: As they are written in the source files.
        labels: What they mean, in the same order.
    """

    name: str
    codes: tuple[str, ...]
    labels: tuple[str, ...]

    def to_labels(self, codes: pa.Array) -> pa.Array:
        """`[n]` string codes to `[n]` string labels.

        Raises:
            ValueError: A code is not known; the message lists those that are.
        """
        return self._translate(codes, self.codes, self.labels)

    def to_codes(self, labels: pa.Array) -> pa.Array:
        """`[n]` string labels to `[n]` string codes.

        Raises:
            ValueError: A label is not known; the message lists those that are.
        """
        return self._translate(labels, self.labels, self.codes)

    def _translate(
        self, values: pa.Array, known: tuple[str, ...], others: tuple[str, ...]
    ) -> pa.Array:
        at = pc.index_in(values, pa.array(known))
        if at.null_count:
            wrong = values.filter(pc.is_null(at))[0].as_py()
            raise ValueError(f"{self.name}: expected one of {list(known)}, got {wrong!r}")
        return pa.array(others).take(at)


@cache
def load_mapping(name: str) -> Mapping:
    """The mapping of that name.

    Raises:
        ValueError: There is none, or two of its codes have one label.
    """
    known = sorted(path.stem for path in MAPPINGS.glob("*.toml"))
    if name not in known:
        raise ValueError(f"mapping: expected one of {known}, got {name!r}")
    with (MAPPINGS / f"{name}.toml").open("rb") as file:
        raw = tomllib.load(file)
    return mapping_from_dict(raw)


def mapping_from_dict(raw: dict[str, object]) -> Mapping:
    """Builds a mapping from plain data: `name`, and `labels` by code.

    Raises:
        ValueError: A key is missing, a label is no text, or two codes have one label.
    """
    if set(raw) != {"name", "labels"}:
        raise ValueError(f"mapping: expected the keys name and labels, got {sorted(raw)}")
    name, labels = raw["name"], raw["labels"]
    if not isinstance(name, str) or not isinstance(labels, dict):
        raise ValueError(
            f"mapping: expected a name and a table of labels, got {name!r}, {labels!r}"
        )
    if not all(isinstance(label, str) for label in labels.values()):
        raise ValueError(f"{name}: expected text for every label, got {labels}")
    if len(set(labels.values())) != len(labels):
        raise ValueError(f"{name}: expected each label once, got {sorted(labels.values())}")
    return Mapping(name, tuple(labels), tuple(labels.values()))
