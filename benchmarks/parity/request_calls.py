"""Calls that ask a finished run's models what its test requests ask."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from benchmarks.parity.c_api.signatures import read_signatures
from benchmarks.parity.calls import Arrays, Call, encoded
from benchmarks.parity.item_calls import ItemVectors, item_calls
from evaluation.requests import Requests
from evaluation.saved_models import RetrievalModel
from schemas import columns
from schemas.artifacts import Artifact

LOOK_UP, FROM_VECTORS = "serving_default", "from_vectors"
EXPLAIN = "explain"
BATCH = 8
CANDIDATES = 200
EXPLAINED = 10
"""Candidates, the best, that are explained."""
OWNERS = (1, 2, 4)
"""People who watch together: a request of each."""


def retrieval_calls(
    prepared: Artifact, retrieval: Artifact, requests: Requests, rows: np.ndarray
) -> list[Call]:
    """Every signature of the retrieval model.

    Args:
        prepared: What the model was fitted on.
        retrieval: The model's artefact.
        requests: The split.
        rows: int64 `[rows]`, requests to ask.
    """
    calls = item_calls(prepared)
    vectors = ItemVectors(retrieval.path / "model", calls)
    for batch in _batches(rows):
        inputs = _request(requests, batch, retrieval)
        given = {"history_vector": vectors(inputs[columns.HISTORY_ITEM_ID])}
        calls += [Call(LOOK_UP, inputs), Call(FROM_VECTORS, inputs | given)]
    return calls


def ranking_calls(
    prepared: Artifact,
    ranking: Artifact,
    encoder: RetrievalModel,
    requests: Requests,
    rows: np.ndarray,
) -> list[Call]:
    """Every signature of the ranker, with what retrieval finds for 1, 2 and 4 owners.

    Args:
        prepared: What the model was fitted on.
        ranking: The model's artefact.
        encoder: Finds the candidates.
        requests: The split.
        rows: int64 `[rows]`, requests to ask; neighbours watch together.
    """
    calls = item_calls(prepared)
    vectors = ItemVectors(ranking.path / "model", calls)
    for owners in OWNERS:
        groups = rows[: len(rows) // owners * owners].reshape(-1, owners)
        for batch in _batches(groups):
            inputs = _request(requests, batch, ranking)
            inputs[columns.OWNER_COUNT] = np.full(len(batch), owners, np.int64)
            candidates, score = _candidates(encoder, requests, batch)
            inputs |= {columns.CANDIDATE_ITEM_ID: candidates, columns.RETRIEVAL_SCORE: score}
            given = {
                "history_vector": vectors(inputs[columns.HISTORY_ITEM_ID]),
                "candidate_vector": vectors(candidates),
            }
            calls += [Call(LOOK_UP, inputs), Call(FROM_VECTORS, inputs | given)]
            calls.append(Call(EXPLAIN, _first(inputs, EXPLAINED)))
    return calls


def _batches(rows: np.ndarray) -> Iterator[np.ndarray]:
    return (rows[at : at + BATCH] for at in range(0, len(rows), BATCH))


def _request(requests: Requests, rows: np.ndarray, stage: Artifact) -> Arrays:
    """What a model reads of requests, rows of any shape.

    Returns:
        History columns `[*rows, events]`, left-padded; user inputs `[*rows]`; and of a model that
        reads it the time of the request `[*rows]` int64.
    """
    padded = requests.padded(rows.ravel(), stage.manifest["config"]["history_len"])._asdict()
    inputs = {
        f"{columns.HISTORY_PREFIX}{name}": values.reshape(*rows.shape, -1)
        for name, values in padded.items()
    }
    inputs |= {name: values[rows] for name, values in requests.user_features.items()}
    inputs[columns.REQUEST_TIMESTAMP] = requests.target_timestamp[rows]
    read = read_signatures(stage.path / "model")[LOOK_UP].inputs
    return {
        name: encoded(values) if values.dtype == object else values
        for name, values in inputs.items()
        if name in read
    }


def _first(inputs: Arrays, count: int) -> Arrays:
    """The same requests with their first candidates alone."""
    of_candidates = (columns.CANDIDATE_ITEM_ID, columns.RETRIEVAL_SCORE)
    return inputs | {name: inputs[name][:, :count] for name in of_candidates}


def _candidates(
    encoder: RetrievalModel, requests: Requests, rows: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """The items that suit the owners best together.

    Args:
        encoder: Gives the scores.
        requests: The split.
        rows: int64 `[batch, owners]`.

    Returns:
        Ids S `[batch, candidates]`, and scores float32 `[batch, candidates, owners]`.
    """
    scores = encoder.score(requests, rows.ravel()).reshape(*rows.shape, -1)
    best = np.argsort(-scores.sum(axis=1), axis=1, kind="stable")[:, :CANDIDATES]
    score = np.take_along_axis(scores, best[:, None], axis=2).swapaxes(1, 2)
    return encoded(requests.item_ids[best]), np.ascontiguousarray(score)
