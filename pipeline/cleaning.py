"""Which event rows are taken: every rule is evaluated on a whole batch at once."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from pipeline.rejects import join_rejects, reject_batch
from pipeline.times import EXPECTED, numbers, unix_seconds
from pipeline.validation.expected import Expected
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
"""Types of what the columns hold."""
CODES = pa.dictionary(pa.int32(), pa.string())
CODED_EVENTS = pa.schema(
    [pa.field(f.name, CODES) if f.name in (USER_ID, ITEM_ID) else f for f in EVENTS]
)
"""`EVENTS` with ids as places in dictionaries, which are cheap to check, move and sort."""


@dataclass(frozen=True)
class _Rule:
    """Rows that break one rule: `[broken]` int64."""

    field: str
    reason: str
    broken: np.ndarray


def clean(
    rows: pa.RecordBatch,
    card: Card,
    item_ids: pa.Array | None,
    demands: Mapping[str, Expected] | None = None,
) -> tuple[pa.RecordBatch, pa.RecordBatch]:
    """Types the text columns of event rows and turns away those that break a rule.

    Args:
        rows: `user_id`, `item_id` and, where the card maps them, `rating` and `timestamp` string;
            `ordinal` int64.
        card: The rating scale and the unit of time.
        item_ids: Every item of the catalogue, string; None if whatever comes is one.
        demands: What the dataset's schema says of each column; None if it has none.

    Returns:
        `(events, rejects)`: batches of `CODED_EVENTS` and of `rejects.SCHEMA`. A row with several
        faults is rejected for the first.
    """
    rating = np.full(len(rows), np.nan, np.float32)
    timestamp = np.zeros(len(rows))
    users, items = (_ids(rows.column(name)) for name in (USER_ID, ITEM_ID))
    rules = [*_id_rules(USER_ID, users, card), *_id_rules(ITEM_ID, items, card)]
    if card.rating is not None:
        given = rows.column(RATING).dictionary_encode()
        scale, (low, high) = numbers(given.dictionary), card.rating_range
        rating = scale.astype(np.float32)[given.indices.to_numpy()]
        outside = ~((scale >= low) & (scale <= high))  # NaN compares false
        reason = f"expected a number from {low} to {high}"
        rules.append(_Rule(RATING, reason, _rows_of(outside, given)))
    if card.events.timestamp:
        timestamp = unix_seconds(rows.column(TIMESTAMP), card.events.timestamp_unit)
        expected = f"{EXPECTED[card.events.timestamp_unit]} from 1970 on"
        rules.append(_Rule(TIMESTAMP, expected, np.flatnonzero(~(timestamp >= 0))))
    if item_ids is not None:
        unknown = ~_mask(pc.is_in(items.dictionary, value_set=item_ids))
        reason = "expected an item of the catalogue"
        rules.append(_Rule(ITEM_ID, reason, _rows_of(unknown, items)))
    if demands is not None:
        found = {
            USER_ID: rows.column(USER_ID),
            ITEM_ID: rows.column(ITEM_ID),
            RATING: pa.array(rating),
            TIMESTAMP: pa.array(timestamp),
        }
        rules += _schema_rules(found, demands)
    seconds = np.where(timestamp >= 0, timestamp, 0).astype(np.int64)
    events = pa.record_batch(
        [users, items, pa.array(rating), pa.array(seconds), rows.column(ORDINAL)],
        schema=CODED_EVENTS,
    )
    return _divided(events, rows, [rule for rule in rules if len(rule.broken)])


def _divided(
    events: pa.RecordBatch, rows: pa.RecordBatch, rules: Sequence[_Rule]
) -> tuple[pa.RecordBatch, pa.RecordBatch]:
    """The events that break no rule, and the others as text, each for the first that it breaks."""
    if not rules:
        return events, join_rejects([])
    first_fault = np.full(len(rows), len(rules))
    for number, rule in reversed(list(enumerate(rules))):
        first_fault[rule.broken] = number
    rejects = []
    for number, rule in enumerate(rules):
        at = pa.array(np.flatnonzero(first_fault == number))
        ordinals = rows.column(ORDINAL).take(at).to_numpy()
        rejects.append(
            reject_batch(ordinals, rule.field, rows.column(rule.field).take(at), rule.reason)
        )
    taken = pa.array(np.flatnonzero(first_fault == len(rules)))
    return events.take(taken), join_rejects(rejects)


def _ids(column: pa.Array) -> pa.DictionaryArray:
    """Ids without the blanks around them, as those of items and users are read."""
    ids = column.dictionary_encode()
    trimmed = pc.utf8_trim_whitespace(ids.dictionary)
    if trimmed.equals(ids.dictionary):
        return ids
    return trimmed.take(ids.indices).dictionary_encode()


def _id_rules(name: str, ids: pa.Array, card: Card) -> Iterator[_Rule]:
    words = ids.dictionary
    for reason, bad in (
        ("expected an id, got none", pc.equal(words, "")),
        (f"expected {card.events.encoding.upper()}", pc.match_substring(words, "\ufffd")),
        # Vocabularies and id files have an id a line.
        ("expected an id without line end", pc.match_substring_regex(words, r"[\r\n]")),
    ):
        yield _Rule(name, reason, _rows_of(_mask(bad), ids))


def _schema_rules(found: dict[str, pa.Array], demands: Mapping[str, Expected]) -> Iterator[_Rule]:
    for name, values in found.items():
        if name in demands and demands[name].has_domain:
            reason = f"expected {demands[name].domain}, as the schema says"
            yield _Rule(name, reason, np.flatnonzero(demands[name].outside(values)))


def _rows_of(broken: np.ndarray, column: pa.Array) -> np.ndarray:
    """Rows whose word is broken: `broken` `[words]` bool, of the column's dictionary."""
    if not broken.any():
        return np.empty(0, np.int64)
    return np.flatnonzero(broken[column.indices.to_numpy()])


def _mask(booleans: pa.Array) -> np.ndarray:
    return booleans.to_numpy(zero_copy_only=False)
