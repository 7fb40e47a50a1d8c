"""Pairs of an item and a record that may be the same film, and how sure that is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, fields
from typing import Self

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from rapidfuzz import fuzz, process

from pipeline.joining.forms import PART, Forms
from schemas.config import MAX_SCORE, JoinConfig

UNKNOWN_GAP = 2.5
"""Years apart where one year is unknown; not a whole number, so that it is no real gap."""

SHORTEST_WORD = 4
PREFIX = 4
"""Letters of the blocks that a title is looked for in."""


@dataclass(frozen=True)
class Pairs:
    """Candidate pairs, each once.

    Attributes:
        item: `[pairs]` int64, row of the item.
        record: `[pairs]` int64, row of the record.
        level: `[pairs]` int64, sum of both forms' levels.
        score: `[pairs]` float64, similarity of the forms, 0 to 100.
        gap: `[pairs]` float64, years between the two; `UNKNOWN_GAP` if one is not known.
    """

    item: np.ndarray
    record: np.ndarray
    level: np.ndarray
    score: np.ndarray
    gap: np.ndarray

    def __len__(self) -> int:
        return len(self.item)

    def take(self, rows: np.ndarray) -> Self:
        """The pairs at these positions, or where this mask is true."""
        return type(self)(*(getattr(self, f.name)[rows] for f in fields(self)))


def same_title(items: Forms, records: Forms, gap: Callable[..., np.ndarray]) -> Pairs:
    """Pairs with a form in common, of any year; parts of a title with whole titles only.

    Args:
        items: Forms of the items.
        records: Forms of the records.
        gap: `(item rows, record rows)` to years between them.
    """
    left = pa.table({"key": items.key, "item": items.row, "item_level": items.level})
    right = pa.table({"key": records.key, "record": records.row, "record_level": records.level})
    joined = left.join(right, "key", join_type="inner")
    item, record, a, b = (
        joined.column(name).to_numpy() for name in ("item", "record", "item_level", "record_level")
    )
    whole = (a < PART) | (b < PART)
    item, record, level = item[whole], record[whole], (a + b)[whole]
    return _best(item, record, level, np.full(len(item), MAX_SCORE), gap)


def similar_title(
    items: Forms,
    records: Forms,
    years: tuple[np.ndarray, np.ndarray],
    gap: Callable[..., np.ndarray],
    config: JoinConfig,
    progress: Callable[[int, int], None],
) -> Pairs:
    """Pairs that are a spelling apart: titles of near years with a word or their start in common.

    Args:
        items: Forms of the items.
        records: Forms of the records.
        years: `[items]` and `[records]` float64, NaN unknown; those are compared with nothing.
        gap: `(item rows, record rows)` to years between them.
        config: Threshold, penalty of a year, size of blocks.
        progress: Called with `(years done, years)`.
    """
    items = items.take(items.level < PART)
    records = records.take(records.level < PART)
    item_year, record_year = years[0][items.row], years[1][records.row]
    found = []
    wanted = np.unique(item_year[~np.isnan(item_year)])
    for done, year in enumerate(wanted):
        of_year = items.take(item_year == year)
        near = records.take(np.abs(record_year - year) <= config.year_tolerance)
        left, right = _in_a_block(of_year, near, config.max_block)
        found.append(_scored(of_year.take(left), near.take(right), gap, config))
        progress(done + 1, len(wanted))
    return _concat(found)


def _in_a_block(items: Forms, records: Forms, most: int) -> tuple[np.ndarray, np.ndarray]:
    """Positions of form pairs that share a word or a prefix held by at most `most` records."""
    left, right = _blocks(items), _blocks(records)
    counts = pc.value_counts(right.column("block"))
    rare = counts.field("values").filter(pc.less_equal(counts.field("counts"), most))
    left = left.filter(pc.is_in(left.column("block"), value_set=rare))
    joined = left.join(right, "block", join_type="inner", right_suffix="_record")
    item, record = (joined.column(name).to_numpy() for name in ("form", "form_record"))
    width = max(len(records.row), 1)
    unique = np.unique(item.astype(np.int64) * width + record)
    return unique // width, unique % width


def _blocks(forms: Forms) -> pa.Table:
    """`block` string and `form` int64: the longer words of each form, and its first letters."""
    split = pc.split_pattern(forms.text, " ")
    word, form = split.flatten(), pc.list_parent_indices(split)
    long = pc.greater_equal(pc.utf8_length(word), SHORTEST_WORD)
    prefix = pc.binary_join_element_wise("^", pc.utf8_slice_codeunits(forms.key, 0, PREFIX), "")
    block = pa.concat_arrays([word.filter(long), prefix])
    row = pa.concat_arrays([form.filter(long).cast(pa.int64()), pa.array(np.arange(len(prefix)))])
    return pa.table({"block": block, "form": row})


def _scored(
    items: Forms, records: Forms, gap: Callable[..., np.ndarray], config: JoinConfig
) -> Pairs:
    """The pairs of forms, one to one, that reach the threshold and agree in their numbers."""
    score = process.cpdist(
        items.text.to_pylist(),
        records.text.to_pylist(),
        scorer=fuzz.token_sort_ratio,
        score_cutoff=config.min_score - config.near_miss,
        dtype=np.float64,
    ).reshape(-1)
    years = gap(items.row, records.row)
    ours, theirs = _numbers(items.text), _numbers(records.text)
    # A sequel differs from its film by a number and a year; "Ice Age 2: The Meltdown" is also
    # called "Ice Age: The Meltdown", but in the same year.
    agree = (ours == theirs) | ((years == 0) & ((ours == "") | (theirs == "")))
    kept = agree & (score - config.year_penalty * years >= config.min_score - config.near_miss)
    level = items.level + records.level
    return _best(items.row[kept], records.row[kept], level[kept], score[kept], gap)


def _numbers(text: pa.Array) -> np.ndarray:
    """The numbers of each title in their order, as one string."""
    digits = pc.utf8_trim(pc.replace_substring_regex(text, r"\D+", " "), " ")
    return np.array(digits.to_pylist(), dtype=object)


def _best(
    item: np.ndarray,
    record: np.ndarray,
    level: np.ndarray,
    score: np.ndarray,
    gap: Callable[..., np.ndarray],
) -> Pairs:
    """Each pair once, by its highest score, then its lowest level."""
    order = np.lexsort((level, -score, record, item))
    item, record = item[order], record[order]
    first = np.ones(len(order), bool)
    first[1:] = (np.diff(item) != 0) | (np.diff(record) != 0)
    item, record, chosen = item[first], record[first], order[first]
    return Pairs(item, record, level[chosen], score[chosen], gap(item, record))


def _concat(parts: list[Pairs]) -> Pairs:
    empty = Pairs(*(np.empty(0, np.int64) for _ in range(3)), *(np.empty(0) for _ in range(2)))
    columns = ([getattr(part, f.name) for part in [empty, *parts]] for f in fields(Pairs))
    return Pairs(*(np.concatenate(column) for column in columns))
