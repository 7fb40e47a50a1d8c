"""Which event rows are taken: every rule is evaluated on a whole batch at once."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from pipeline.rejects import SCHEMA as REJECTS
from pipeline.rejects import reject_batch
from schemas.cards import Card
from schemas.columns import ITEM_ID, ORDINAL, RATING, TIMESTAMP, USER_ID

EVENTS = pa.schema(
    [
        (USER_ID, pa.string()),
        (ITEM_ID, pa.string()),
        (RATING, pa.float32()),
        (TIMESTAMP, pa.int64()),
        (ORDINAL, pa.int64()),
    ]
)
NUMBER = r"^[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?$"
LAST_EXACT_INTEGER = 2**53
"""Timestamps are parsed as float64, which holds every integer up to here."""


@dataclass(frozen=True)
class _Rule:
    """Rows that break one rule: `bad` `[rows]` bool."""

    field: str
    reason: str
    bad: np.ndarray


def clean(
    rows: pa.RecordBatch, file: str, card: Card, item_ids: pa.Array
) -> tuple[pa.RecordBatch, pa.RecordBatch]:
    """Types the text columns of event rows and turns away those that break a rule.

    Args:
        rows: `user_id`, `item_id`, `rating`, `timestamp` string and `ordinal` int64.
        file: Source file name, for the rejects.
        card: The rating scale.
        item_ids: Every item of the catalogue, string.

    Returns:
        `(events, rejects)`: batches of `EVENTS` and of `rejects.SCHEMA`. A row with several
        faults is rejected for the first.
    """
    rating = numbers(rows.column(RATING))
    timestamp = numbers(rows.column(TIMESTAMP))
    rules = [
        *_id_rules(rows, USER_ID),
        *_id_rules(rows, ITEM_ID),
        _Rule(
            RATING,
            f"expected a number from {card.rating_min} to {card.rating_max}",
            ~((rating >= card.rating_min) & (rating <= card.rating_max)),
        ),
        _Rule(
            TIMESTAMP,
            "expected whole seconds since 1970, not negative",
            ~(
                (timestamp >= 0)
                & (timestamp < LAST_EXACT_INTEGER)
                & (np.floor(timestamp) == timestamp)
            ),
        ),
        _Rule(
            ITEM_ID,
            "expected an item of the catalogue",
            ~_mask(pc.is_in(rows.column(ITEM_ID), value_set=item_ids)),
        ),
    ]
    first_fault = np.full(len(rows), len(rules))
    for number, rule in reversed(list(enumerate(rules))):
        first_fault[rule.bad] = number
    taken = np.flatnonzero(first_fault == len(rules))
    events = pa.record_batch(
        [
            rows.column(USER_ID).take(pa.array(taken)),
            rows.column(ITEM_ID).take(pa.array(taken)),
            pa.array(rating[taken].astype(np.float32)),
            pa.array(timestamp[taken].astype(np.int64)),
            rows.column(ORDINAL).take(pa.array(taken)),
        ],
        schema=EVENTS,
    )
    return events, _rejects(rows, file, rules, first_fault)


def numbers(text: pa.Array) -> np.ndarray:
    """Parses a string column.

    Returns:
        `[rows]` float64; NaN where the text is not a number.
    """
    try:
        return pc.cast(text, pa.float64()).to_numpy(zero_copy_only=False)
    except pa.ArrowInvalid:  # one bad value fails the whole column: find it and try without
        valid = pc.match_substring_regex(text, NUMBER)
        parsed = pc.cast(pc.if_else(valid, text, pa.scalar(None, pa.string())), pa.float64())
        return parsed.to_numpy(zero_copy_only=False)


def _id_rules(rows: pa.RecordBatch, name: str) -> list[_Rule]:
    ids = rows.column(name)
    return [
        _Rule(name, "expected an id, got none", _mask(pc.equal(pc.utf8_trim_whitespace(ids), ""))),
        _Rule(name, "expected UTF-8", _mask(pc.match_substring(ids, "\ufffd"))),
    ]


def _rejects(
    rows: pa.RecordBatch, file: str, rules: list[_Rule], first_fault: np.ndarray
) -> pa.RecordBatch:
    batches = []
    for number, rule in enumerate(rules):
        at = pa.array(np.flatnonzero(first_fault == number))
        lines = rows.column(ORDINAL).take(at).to_numpy()
        values = rows.column(rule.field).take(at)
        batches.append(reject_batch(file, lines, rule.field, values, rule.reason))
    return pa.concat_batches([pa.RecordBatch.from_pylist([], REJECTS), *batches])


def _mask(booleans: pa.Array) -> np.ndarray:
    return booleans.to_numpy(zero_copy_only=False)
