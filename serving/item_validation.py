"""Items to put into the catalogue, checked field by field."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence

import numpy as np

from schemas import recommender_pb2 as pb
from schemas.cards import Card, FeatureKind
from serving.catalogue_log.log import Edit, Raw
from serving.errors import invalid
from serving.event_validation import CLIENT_ID, is_client_id
from serving.item_table import is_missing
from serving.numbers_in_text import read_float32

MOST_VALUES, LONGEST_TEXT = 100, 10_000
"""Values of a feature, and characters of a value: what is padded to the longest must end."""
MOST_TEXT = 65_536
"""Characters of all values of an item: every answer that has it carries them."""

LAST_SECOND = 253_402_300_799
"""End of the year 9999; -62 167 219 200 is the begin of the year 0."""
FIRST_SECOND = -62_167_219_200
_ISO = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")


class ItemValidator:
    """Checks changes of the catalogue against the card."""

    def __init__(self, card: Card, most: int) -> None:
        """Takes the rules.

        Args:
            card: Whose features items have.
            most: Items of a request.
        """
        self._kinds = {name: feature.kind for name, feature in card.item_features.items()}
        self._most = most

    def upserts(self, request: pb.UpsertItemsRequest) -> list[Edit]:
        """The changes that a request asks for.

        Raises:
            RequestError: INVALID_ARGUMENT, naming the first field at fault.
        """
        self._check_ids("items", [item.item_id for item in request.items], ".item_id")
        return [
            Edit(item.item_id, self._features(f"items[{at}].features", item))
            for at, item in enumerate(request.items)
        ]

    def deletions(self, request: pb.DeleteItemsRequest) -> list[Edit]:
        """As `upserts`."""
        self._check_ids("item_ids", request.item_ids, "")
        return [Edit(item_id, None) for item_id in request.item_ids]

    def _check_ids(self, field: str, item_ids: Sequence[str], part: str) -> None:
        if not 1 <= len(item_ids) <= self._most:
            raise invalid(field, f"1 to {self._most}", len(item_ids))
        first: dict[str, int] = {}
        for at, item_id in enumerate(item_ids):
            if not is_client_id(item_id):
                raise invalid(f"{field}[{at}]{part}", CLIENT_ID, item_id)
            if first.setdefault(item_id, at) != at:
                other = f"another item than {field}[{first[item_id]}]"
                raise invalid(f"{field}[{at}]{part}", other, item_id)

    def _features(self, field: str, item: pb.Item) -> dict[str, Raw]:
        """What is known of an item; what is missing is left out."""
        length = sum(len(value) for of in item.features.values() for value in of.values)
        if length > MOST_TEXT:
            raise invalid(field, f"at most {MOST_TEXT} characters", length)
        found = {}
        for name in sorted(item.features):
            if name not in self._kinds:
                raise invalid(field, f"the names {sorted(self._kinds)}", name)
            values = item.features[name].values
            value = self._value(f"{field}[{name!r}]", self._kinds[name], values)
            if not is_missing(value):
                found[name] = value
        return found

    def _value(self, field: str, kind: FeatureKind, values: Sequence[str]) -> Raw:
        several = kind is FeatureKind.MULTI_CATEGORICAL
        most = MOST_VALUES if several else 1
        if len(values) > most:
            raise invalid(field, f"at most {most} values", len(values))
        for at, value in enumerate(values):
            if len(value) > LONGEST_TEXT or (several and not value):
                least = 1 if several else 0
                expected = f"{least} to {LONGEST_TEXT} characters"
                raise invalid(f"{field}.values[{at}]", expected, value)
        if several:
            if len(set(values)) != len(values):
                raise invalid(field, "each value once", list(values))
            return list(values)
        text = values[0] if values else ""
        if kind is FeatureKind.NUMERIC:
            return read_float32(field, text) if text else math.nan
        return _seconds(field, text) if kind is FeatureKind.TIMESTAMP else text


def _seconds(field: str, text: str) -> int:
    if not text:
        return 0
    try:
        if _ISO.fullmatch(text):
            seconds = int(np.datetime64(text[:-1], "s").astype(np.int64))
        else:
            seconds = int(text) if len(text) <= 20 else LAST_SECOND + 1
    except ValueError:
        seconds = LAST_SECOND + 1
    if not FIRST_SECOND <= seconds <= LAST_SECOND:
        raise invalid(field, "unix seconds or YYYY-MM-DDThh:mm:ssZ, of the years 0 to 9999", text)
    return seconds
