"""Column and tensor names, each spelled once.

The same name is used before and after TF-Transform: `item_id` is a string in a source file, a
parquet file or a request, and an int64 vocabulary index in a transformed example.
"""

from __future__ import annotations

USER_ID = "user_id"
ITEM_ID = "item_id"
UNKNOWN_ITEMS = 1
"""Item indices behind the vocabulary, for what is not in it. One: no event of training has such an
item, so that several would differ by nothing but their random weights."""

RATING = "rating"
TIMESTAMP = "timestamp"
"""Unix seconds, UTC, int64."""

ORDINAL = "ordinal"
"""Place in the source, by file and line: the second sort key, so that ties in time have one order
everywhere. Where there is no time at all it is the order."""

HISTORY_PREFIX = "history_"
HISTORY_ITEM_ID = "history_item_id"
HISTORY_RATING = "history_rating"
HISTORY_TIMESTAMP = "history_timestamp"
HISTORY_WEEKDAY = "history_weekday"
HISTORY_HOUR = "history_hour"
HISTORY_GAP = "history_gap"
"""Of an event: the time since the event before it."""

HISTORY_MASKED = "history_masked"
"""Of an event: whether it is left unread, while the places and times of the others stay."""

Z_SCORE_SUFFIX = "_z_score"

TARGET_ITEM_ID = "target_item_id"
TARGET_RATING = "target_rating"
TARGET_TIMESTAMP = "target_timestamp"

TRAIN_COUNT = "train_count"
"""Events of an item in the training split; the popularity and the q of logQ come from here."""

TITLE = "title"
TAGS = "tags"
"""Item feature that preparation makes of a card's table of tags."""

REQUEST_TIMESTAMP = "request_timestamp"
"""When a list is asked for, unix seconds, 0 where unknown."""

CANDIDATE_ITEM_ID = "candidate_item_id"
OWNER_COUNT = "owner_count"
RETRIEVAL_SCORE = "retrieval_score"

EXPLAINED_EVENTS = 20
"""Newest events of each owner's history whose part in a score is told."""

EVENT = "event"
"""Place of an event on the events axis of a request, -1 for none."""

KIND = "kind"
"""Column beside those of the transform graph that says what the rows of a batch are."""

NUMBERS = "numbers"
"""The same, that holds the numbers of a task's example side by side; other rows have none."""

RESERVED = frozenset(
    (
        *(USER_ID, ITEM_ID, RATING, TIMESTAMP, ORDINAL, TRAIN_COUNT, OWNER_COUNT, RETRIEVAL_SCORE),
        *(KIND, NUMBERS, REQUEST_TIMESTAMP),
    )
)
RESERVED_PREFIXES = (HISTORY_PREFIX, "target_", "candidate_")
"""Names that no feature of a card may have."""

PADDING = 0
"""Index of padding in every transformed categorical tensor; never looked up, always masked."""

FITS = ("train", "fit")
"""Splits that are fitted: everyone's history, without a target."""

REQUESTS = ("validation", "test")
"""Splits that are measured: a history and the event after it."""

SPLITS = (*FITS, *REQUESTS)
