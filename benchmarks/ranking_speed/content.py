"""What both rankers are asked."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pyarrow.parquet as pq

from schemas import columns
from schemas.artifacts import Artifact
from schemas.prepared import load_card

START, MEAN_GAP = 956_700_000, 90_000
"""Unix seconds of the first event, and mean seconds to the next."""


class Shape(NamedTuple):
    """Size of a call: each request has as many owners, candidates and events of each owner."""

    requests: int
    owners: int
    candidates: int
    events: int


@dataclass(frozen=True)
class Call:
    """Requests that are ranked together.

    Attributes:
        item: `[requests, owners, events]` int64, rows of the catalogue, oldest first.
        candidate: `[requests, candidates]` int64, distinct rows.
        timestamp: The shape of `item`, int64 unix seconds.
        people: Each user input to its values `[requests, owners]`, raw.
        codes: The same as int32 numbers from 0.
        raw: The same and all else that the ranker's `serving_default` takes.
    """

    item: np.ndarray
    candidate: np.ndarray
    timestamp: np.ndarray
    people: dict[str, np.ndarray]
    codes: dict[str, np.ndarray]
    raw: dict[str, np.ndarray]


def draw(prepared: Artifact, shape: Shape, seed: int) -> Call:
    """Full histories of catalogue items at random, for people who are in the data."""
    random = np.random.default_rng([seed, *shape])
    ids = _bytes(pq.read_table(prepared.path / "catalogue.parquet")[columns.ITEM_ID])
    sequence = (shape.requests, shape.owners, shape.events)
    item = random.integers(len(ids), size=sequence)
    candidate = np.stack(
        [random.permutation(len(ids))[: shape.candidates] for _ in range(shape.requests)]
    )
    timestamp = START + np.cumsum(random.integers(2 * MEAN_GAP, size=sequence), axis=-1)
    people = _people(prepared.path, list(load_card(prepared).user_inputs), random, sequence[:2])
    score = random.normal(size=(shape.requests, shape.candidates, shape.owners))
    raw = people | {
        columns.HISTORY_ITEM_ID: ids[item],
        columns.HISTORY_RATING: random.integers(1, 6, sequence).astype(np.float32),
        columns.HISTORY_TIMESTAMP: timestamp,
        columns.OWNER_COUNT: np.full(shape.requests, shape.owners),
        columns.CANDIDATE_ITEM_ID: ids[candidate],
        columns.RETRIEVAL_SCORE: score.astype(np.float32),
    }
    codes = {name: _codes(values) for name, values in people.items()}
    return Call(item, candidate, timestamp, people, codes, raw)


def _people(
    prepared: Path, names: list[str], random: np.random.Generator, shape: tuple[int, ...]
) -> dict[str, np.ndarray]:
    profiles = pq.read_table(prepared / "profiles.parquet", columns=names)
    who = random.integers(len(profiles), size=shape)
    values = {name: profiles[name].to_numpy() for name in names}
    return {
        name: (_bytes(profiles[name]) if column.dtype == object else column)[who]
        for name, column in values.items()
    }


def _codes(values: np.ndarray) -> np.ndarray:
    return np.unique(values, return_inverse=True)[1].reshape(values.shape).astype(np.int32)


def _bytes(column: object) -> np.ndarray:
    """A column of strings as an array of bytes, which TensorFlow takes without encoding them."""
    return np.array([text.encode() for text in column.to_pylist()], dtype=object)  # type: ignore[attr-defined]
