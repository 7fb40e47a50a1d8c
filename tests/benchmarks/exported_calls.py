"""Calls of every signature of the models that were fitted on the planted data."""

from __future__ import annotations

import itertools

import numpy as np

from benchmarks.parity.calls import Arrays, Call, encoded
from tests.conftest import TINY

EVENTS, MOST_OWNERS, ROWS = 30, 4, 3
"""More events than the models read."""
QUERY_WIDTH = TINY.retrieval.embedding_dim
RANKER_WIDTH = TINY.ranking.embedding_dim + 1
BATCHES, OWNERS, CANDIDATES = (1, ROWS), (1, 2, MOST_OWNERS), (1, 5, 40)


def retrieval_calls() -> dict[str, Call]:
    """Case to call: batches of 1 and 3, histories long, short, empty and of unknown items."""
    random = np.random.default_rng(1)
    histories = _histories(random, (4,)) | _people(random, (4,))
    vectors = random.normal(size=(4, EVENTS, QUERY_WIDTH)).astype(np.float32)
    rows = {
        "long": slice(0, 1),
        "padded": slice(1, 2),
        "empty": slice(2, 3),
        "unknown": slice(3, 4),
        "batch of 3": slice(1, 4),
    }
    calls = {}
    for case, kept in rows.items():
        inputs = {name: value[kept] for name, value in histories.items()}
        calls[f"serving_default, {case}"] = Call("serving_default", inputs)
        given = inputs | {"history_vector": vectors[kept]}
        calls[f"from_vectors, {case}"] = Call("from_vectors", given)
    first = {name: value[:1] for name, value in histories.items()}
    no_event = {name: value[:, :0] for name, value in first.items() if value.ndim == 2}
    calls["serving_default, no event"] = Call("serving_default", first | no_event)
    return calls | item_calls()


def ranking_calls() -> dict[str, Call]:
    """Case to call: every batch with every number of owners and of candidates."""
    calls = {}
    for owners, candidates in itertools.product(OWNERS, CANDIDATES):
        random = np.random.default_rng([owners, candidates])
        inputs = _histories(random, (ROWS, owners)) | _people(random, (ROWS, owners))
        inputs["owner_count"] = np.array([owners, 1, max(1, owners - 1)])
        ids = random.integers(1, 151, (ROWS, candidates)).astype(str)
        ids[1, -1], ids[2, 0] = "no such item", ""
        score = random.normal(size=(ROWS, candidates, owners)).astype(np.float32)
        inputs["retrieval_score"] = score
        history = random.normal(size=(ROWS, owners, EVENTS, RANKER_WIDTH)).astype(np.float32)
        vector = random.normal(size=(ROWS, candidates, RANKER_WIDTH)).astype(np.float32)
        inputs["candidate_item_id"] = encoded(ids)
        whole = {
            "serving_default": inputs,
            "from_vectors": inputs | {"history_vector": history, "candidate_vector": vector},
            "explain": inputs,
        }
        for signature, batch in itertools.product(whole, BATCHES):
            case = f"{signature}, batch of {batch}, {owners} owners, {candidates} candidates"
            first = {name: value[:batch] for name, value in whole[signature].items()}
            calls[case] = Call(signature, first)
    return calls | item_calls()


def item_calls() -> dict[str, Call]:
    """A known item, a new one, and one of which nothing is known."""
    inputs = {
        "item_id": encoded(["3", "no such item", ""]),
        "genres": encoded([["Drama", "Western"], ["no such genre", ""], ["", ""]]),
        "year": np.array([1995, 2031, np.nan], np.float32),
    }
    first = {name: value[:1] for name, value in inputs.items()}
    calls = {"batch of 3": inputs, "batch of 1": first}
    return {f"encode_items, {case}": Call("encode_items", given) for case, given in calls.items()}


def _histories(random: np.random.Generator, shape: tuple[int, ...]) -> Arrays:
    """History columns `[*shape, events]`; of the rows in turn full, padded, empty, unknown."""
    ids = random.integers(1, 151, (*shape, EVENTS)).astype(str).astype(object)
    rows = ids.reshape(-1, EVENTS)
    rows[1::4, 3:-2:2] = ""
    rows[2::4] = ""
    rows[3::4] = "é, no such item"
    rating = random.integers(1, 6, ids.shape).astype(np.float32)
    rating[..., ::3] = np.nan
    timestamp = 874_000_000 + np.cumsum(random.integers(0, 90_000, ids.shape), axis=-1)
    timestamp[..., 1] = 0
    return {
        "history_item_id": encoded(ids),
        "history_rating": rating,
        "history_timestamp": timestamp,
    }


def _people(random: np.random.Generator, shape: tuple[int, ...]) -> Arrays:
    """User inputs of `shape`, some of them unknown."""
    age = random.integers(15, 70, shape).astype(np.float32)
    age[..., -1] = np.nan
    return {
        "gender": encoded(random.choice(["F", "M", "?"], shape)),
        "age": age,
        "occupation": encoded(random.choice(["artist", "writer", "", "no such work"], shape)),
    }
