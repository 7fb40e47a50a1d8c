"""The part of a dataset card that says what a column means to the models."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from schemas.card_tables import TimeUnit
from schemas.mappings import load_mapping
from schemas.plain_data import from_plain


class FeatureKind(StrEnum):
    """How a raw column becomes model input; every kind but `display` ends as int64 indices."""

    CATEGORICAL = "categorical"
    """One string; vocabulary with out-of-vocabulary buckets. "" is missing."""
    MULTI_CATEGORICAL = "multi_categorical"
    """A list of strings; the same vocabulary treatment for each."""
    NUMERIC = "numeric"
    """One float; quantile bucket. NaN is missing."""
    TEXT = "text"
    """One string of many words; the vocabulary indices of its most telling n-grams."""
    TIMESTAMP = "timestamp"
    """One moment in unix seconds, int64; quantile bucket. 0 is missing."""
    DISPLAY = "display"
    """One string shown to people and kept in the catalogue, never a model input."""


class Scaling(StrEnum):
    """What a number becomes besides its quantile bucket."""

    BUCKETS = "buckets"
    """Nothing else."""
    Z_SCORE = "z_score"
    """Also `<name>_z_score` in the records: float32, in standard deviations from the mean; 0 where
    missing. The models of this package read the bucket alone."""


VOCABULARY = (FeatureKind.CATEGORICAL, FeatureKind.MULTI_CATEGORICAL, FeatureKind.TEXT)
KINDS_OF_OPTION = {
    "mapping": (FeatureKind.CATEGORICAL,),
    "flags": (FeatureKind.MULTI_CATEGORICAL,),
    "separator": (FeatureKind.MULTI_CATEGORICAL,),
    "unit": (FeatureKind.TIMESTAMP,),
    "min_count": VOCABULARY,
    "max_vocabulary": VOCABULARY,
    "ngrams": (FeatureKind.TEXT,),
    "max_tokens": (FeatureKind.TEXT,),
    "scaling": (FeatureKind.NUMERIC,),
}
LEAST = {"min_count": 1, "max_vocabulary": 1, "ngrams": 1, "max_tokens": 1}


@dataclass(frozen=True, kw_only=True)
class Feature:
    """One feature of users or items.

    Attributes:
        kind: What it is.
        column: Columns of the file that hold it; several are joined with a space.
        flags: Of multi_categorical, in place of `column`: a column for each value, which holds 1
            or true where the row has the value.
        pattern: Regular expression whose first group is the value. Where it matches nothing, the
            whole text is the value, but of a number or a timestamp it is missing.
        separator: Of multi_categorical: what stands between the values, where the file has them in
            one text.
        missing: Values that stand for "not known".
        mapping: Of categorical: a table of `schemas/mappings/` that says what the codes mean; what
            they mean is the value.
        unit: Of timestamp: what the time is counted in.
        min_count: How often a word must occur before the vocabulary takes it.
        max_vocabulary: Most words of the vocabulary; the more frequent ones stay.
        ngrams: Of text: most words of an n-gram.
        max_tokens: Of text: most n-grams of one text, those with the highest TF-IDF.
        scaling: Of numeric.
    """

    kind: FeatureKind
    column: tuple[str, ...] = ()
    flags: tuple[str, ...] = ()
    pattern: str = ""
    separator: str = "|"
    missing: tuple[str, ...] = ()
    mapping: str = ""
    unit: TimeUnit = TimeUnit.SECONDS
    min_count: int = 1
    max_vocabulary: int = 50_000
    ngrams: int = 1
    max_tokens: int = 16
    scaling: Scaling = Scaling.BUCKETS

    def __post_init__(self) -> None:
        for option, kinds in KINDS_OF_OPTION.items():
            if self.kind not in kinds and getattr(self, option) != getattr(Feature, option):
                raise ValueError(f"{option}: expected none, for the kind is {self.kind}")
        for option, least in LEAST.items():
            if getattr(self, option) < least:
                raise ValueError(
                    f"{option}: expected at least {least}, got {getattr(self, option)}"
                )
        if self.flags and (self.column or self.pattern):
            raise ValueError(f"flags: expected no column and no pattern beside {list(self.flags)}")
        if not self.separator:
            raise ValueError("separator: expected one, got ''")
        if self.mapping:
            load_mapping(self.mapping)
        _check_pattern(self.pattern)

    @property
    def columns(self) -> tuple[str, ...]:
        """Every column of the file that is read for it."""
        return self.column or self.flags


def feature_from_plain(name: str, raw: object, where: str) -> Feature:
    """Builds a feature from its kind alone or from a table.

    Args:
        name: The feature's name, which is also its column's if no other is given.
        raw: A kind, or a table with `kind` and options.
        where: Names the feature in errors.

    Raises:
        ValueError: As `from_plain`.
    """
    table: Any = {"kind": raw} if isinstance(raw, str) else raw
    if isinstance(table, dict) and not table.get("column") and not table.get("flags"):
        table = table | {"column": name}
    return from_plain(Feature, table, where)


def _check_pattern(pattern: str) -> None:
    try:
        groups = re.compile(pattern).groups if pattern else 1
    except re.error as error:
        raise ValueError(f"pattern: expected a regular expression, got {error}") from None
    if not groups:
        raise ValueError(f"pattern: expected a group in parentheses, got {pattern!r}")
