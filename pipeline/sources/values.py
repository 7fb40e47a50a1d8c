"""Columns of text to the raw values of a card's features."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from pipeline.feature_types import ARROW_TYPES
from pipeline.sources.files import SourceError
from pipeline.times import EXPECTED, unix_seconds
from schemas.card_features import Feature, FeatureKind
from schemas.mappings import load_mapping

TRUE = pa.array(["1", "true", "True", "TRUE"])


def feature_values(
    columns: Mapping[str, pa.Array], features: Mapping[str, Feature], where: str
) -> dict[str, pa.Array]:
    """Each feature's raw values, typed as `ARROW_TYPES` has it.

    Args:
        columns: As `tables.read_table` returns them.
        features: Feature by name.
        where: Names the file in errors.

    Raises:
        SourceError: A value is not of the feature's kind.
    """
    found = {}
    for name, feature in features.items():
        try:
            values = _READERS[feature.kind](columns, feature)
        except ValueError as error:
            raise SourceError(f"{where}: {name}: {error}") from None
        found[name] = pc.cast(values, ARROW_TYPES[feature.kind])
    return found


def _one_text(columns: Mapping[str, pa.Array], feature: Feature) -> pa.Array:
    """The columns joined, cut to what the pattern finds; "" for what is missing."""
    parts = [columns[name] for name in feature.column]
    for name, part in zip(feature.column, parts, strict=True):
        if pa.types.is_list(part.type):
            raise ValueError(f"expected one value a row, got lists in the column {name!r}")
    text = parts[0] if len(parts) == 1 else pc.binary_join_element_wise(*parts, " ")
    values = _without(_found(text, feature), feature.missing)
    return _meant(values, feature.mapping) if feature.mapping else values


def _found(text: pa.Array, feature: Feature) -> pa.Array:
    if not feature.pattern:
        return text
    whole_else = feature.kind not in (FeatureKind.NUMERIC, FeatureKind.TIMESTAMP)
    search = re.compile(feature.pattern).search
    found = []
    for value in text.to_pylist():
        match = search(value)
        found.append((match.group(1) or "").strip() if match else value if whole_else else "")
    return pa.array(found, pa.string())


def _meant(codes: pa.Array, mapping: str) -> pa.Array:
    """What codes stand for; "" stays."""
    known = pc.not_equal(codes, "")
    labels = load_mapping(mapping).to_labels(codes.filter(known))
    return pc.replace_with_mask(codes, known, labels)


def _without(text: pa.Array, missing: Sequence[str]) -> pa.Array:
    if not missing:
        return text
    return pc.if_else(pc.is_in(text, value_set=pa.array(missing, pa.string())), "", text)


def _number(columns: Mapping[str, pa.Array], feature: Feature) -> pa.Array:
    text = _one_text(columns, feature)
    try:
        parsed = pc.cast(
            pc.if_else(pc.equal(text, ""), pa.scalar(None, pa.string()), text), pa.float32()
        )
    except pa.ArrowInvalid as error:
        raise ValueError(f"expected numbers, got {error}") from None
    if pc.any(pc.is_inf(parsed)).as_py():
        raise ValueError("expected finite numbers, got infinity")
    return pc.fill_null(parsed, float("nan"))


def _time(columns: Mapping[str, pa.Array], feature: Feature) -> pa.Array:
    text = _one_text(columns, feature)
    seconds = unix_seconds(text, feature.unit)
    given = pc.not_equal(text, "").to_numpy(zero_copy_only=False)
    wrong = np.flatnonzero(given & np.isnan(seconds))
    if len(wrong):
        raise ValueError(f"{EXPECTED[feature.unit]}, got {text[wrong[0]].as_py()!r}")
    return pa.array(np.where(given, seconds, 0).astype(np.int64))


def _lists(columns: Mapping[str, pa.Array], feature: Feature) -> pa.Array:
    if feature.flags:
        marks = [pc.is_in(columns[name], value_set=TRUE) for name in feature.flags]
        mask = np.stack([mark.to_numpy(zero_copy_only=False) for mark in marks], axis=1)
        return _dropped(_from_mask(mask, feature.flags), feature.missing)
    if len(feature.column) == 1 and pa.types.is_list(columns[feature.column[0]].type):
        if feature.pattern:
            raise ValueError("pattern: expected text to search, got lists")
        return _dropped(columns[feature.column[0]], feature.missing)
    text = _one_text(columns, feature)
    return _dropped(pc.split_pattern(text, feature.separator), feature.missing)


def _from_mask(mask: np.ndarray, names: Sequence[str]) -> pa.Array:
    """`mask` `[rows, names]` bool to `[rows]` list of string."""
    _, columns = np.nonzero(mask)
    offsets = np.concatenate([[0], np.cumsum(mask.sum(axis=1))]).astype(np.int32)
    values = pa.array(list(names), pa.string()).take(pa.array(columns))
    return pa.ListArray.from_arrays(pa.array(offsets), values)


def _dropped(lists: pa.Array, missing: Sequence[str]) -> pa.Array:
    """Trimmed values without those that stand for "none known"."""
    values = pc.utf8_trim_whitespace(lists.flatten())
    row = pc.list_parent_indices(lists).to_numpy()
    unknown = pa.array(["", *missing], pa.string())
    kept = ~pc.is_in(values, value_set=unknown).to_numpy(zero_copy_only=False)
    counts = np.bincount(row[kept], minlength=len(lists))
    offsets = np.concatenate([[0], np.cumsum(counts)]).astype(np.int32)
    return pa.ListArray.from_arrays(pa.array(offsets), values.filter(pa.array(kept)))


_READERS: dict[FeatureKind, Callable[[Mapping[str, pa.Array], Feature], pa.Array]] = {
    FeatureKind.CATEGORICAL: _one_text,
    FeatureKind.MULTI_CATEGORICAL: _lists,
    FeatureKind.NUMERIC: _number,
    FeatureKind.TEXT: _one_text,
    FeatureKind.TIMESTAMP: _time,
    FeatureKind.DISPLAY: _one_text,
}
