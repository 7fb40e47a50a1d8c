"""Every exported model gives the same in a bare process and through the C API."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from benchmarks import savedmodel_parity
from benchmarks.parity.bare_python import in_bare_python
from benchmarks.parity.c_api.caller import through_c_api
from benchmarks.parity.c_api.signatures import read_signatures
from benchmarks.parity.calls import Arrays, Call, in_process
from benchmarks.parity.differences import ATOL, RTOL
from schemas.artifacts import Artifact
from tests.benchmarks.exported_calls import ranking_calls, retrieval_calls

CALLS = {"retrieval": retrieval_calls(), "ranking": ranking_calls()}
CASES = [(model, case) for model, calls in CALLS.items() for case in calls]
Answers = dict[str, dict[str, Arrays]]
"""By model and case."""


@pytest.fixture(scope="module")
def models(retrieval: Artifact, ranking: Artifact) -> dict[str, Path]:
    return {"retrieval": retrieval.path / "model", "ranking": ranking.path / "model"}


@pytest.fixture(scope="module")
def expected(models: dict[str, Path]) -> Answers:
    return {
        name: dict(zip(calls, in_process(models[name], [*calls.values()]), strict=True))
        for name, calls in CALLS.items()
    }


@pytest.fixture(scope="module")
def bare(models: dict[str, Path], tmp_path_factory: pytest.TempPathFactory) -> Answers:
    answers = {}
    for name, calls in CALLS.items():
        scratch = tmp_path_factory.mktemp(f"bare-{name}")
        found = in_bare_python(models[name], [*calls.values()], scratch)
        answers[name] = dict(zip(calls, found, strict=True))
    return answers


@pytest.fixture(scope="module")
def in_c(
    models: dict[str, Path], c_program: Path, tmp_path_factory: pytest.TempPathFactory
) -> Answers:
    answers = {}
    for name, calls in CALLS.items():
        scratch = tmp_path_factory.mktemp(f"c-{name}")
        found = through_c_api(c_program, models[name], [*calls.values()], scratch)
        answers[name] = dict(zip(calls, found, strict=True))
    return answers


def assert_same(found: Arrays, expected: Arrays) -> None:
    assert sorted(found) == sorted(expected)
    for name, values in expected.items():
        assert found[name].dtype == values.dtype
        assert np.isfinite(values).all()
        np.testing.assert_allclose(found[name], values, atol=ATOL, rtol=RTOL, err_msg=name)


def test_every_signature_is_called(models: dict[str, Path]):
    for name, path in models.items():
        assert {call.signature for call in CALLS[name].values()} == set(read_signatures(path))


@pytest.mark.parametrize(("model", "case"), CASES)
def test_the_c_api_gives_the_scores_of_python(
    in_c: Answers, expected: Answers, model: str, case: str
):
    assert_same(in_c[model][case], expected[model][case])


@pytest.mark.parametrize(("model", "case"), CASES)
def test_a_bare_process_gives_the_scores_of_python(
    bare: Answers, expected: Answers, model: str, case: str
):
    assert_same(bare[model][case], expected[model][case])


@pytest.mark.parametrize("case", [case for case in CALLS["ranking"] if "batch of 1" in case])
def test_a_row_is_the_same_alone_and_among_three_in_c(in_c: Answers, case: str):
    alone, among = in_c["ranking"][case], in_c["ranking"][case.replace("of 1", "of 3")]
    assert_same(alone, {name: value[:1] for name, value in among.items()})
    # Rows that were all alike would prove nothing.
    assert max(np.ptp(value, axis=0).max() for value in among.values()) > 0.01


def test_a_request_of_the_wrong_shape_names_the_input(
    models: dict[str, Path], c_program: Path, tmp_path: Path
):
    asked = CALLS["retrieval"]["serving_default, batch of 3"]
    flat = asked.inputs | {"history_item_id": asked.inputs["history_item_id"][0]}
    message = r"serving_default_history_item_id:0: expected shape \[\?, \?\], got \[30\]"
    with pytest.raises(RuntimeError, match=message):
        through_c_api(c_program, models["retrieval"], [Call("serving_default", flat)], tmp_path)


@pytest.fixture(scope="module")
def asked(prepared: Artifact, retrieval: Artifact, ranking: Artifact) -> dict[str, list[Call]]:
    """What the benchmark asks of a run, of 12 requests."""
    stages = {"prepared": prepared, "retrieval": retrieval, "ranking": ranking}
    return savedmodel_parity.calls(stages, 12)


@pytest.mark.parametrize("model", CALLS)
def test_a_run_is_asked_the_same_with_vectors_as_without(
    models: dict[str, Path], asked: dict[str, list[Call]], model: str
):
    answers = in_process(models[model], asked[model])
    signatures = [call.signature for call in asked[model]]
    looked_up = [at for at, name in enumerate(signatures) if name == "serving_default"]
    assert looked_up
    for at in looked_up:
        assert signatures[at + 1] == "from_vectors"
        assert_same(answers[at + 1], answers[at])


def test_groups_are_asked_beside_single_people(asked: dict[str, list[Call]]):
    called = [call.inputs for call in asked["ranking"] if call.signature == "serving_default"]
    shapes = [inputs["retrieval_score"].shape for inputs in called]
    # Calls of at most 8 requests: 12 of one owner, 6 of two, 3 of four; 150 items, all candidates.
    assert shapes == [(8, 150, 1), (4, 150, 1), (6, 150, 2), (3, 150, 4)]
    assert [inputs["owner_count"].tolist() for inputs in called[2:]] == [[2] * 6, [4] * 3]


@pytest.mark.parametrize("model", CALLS)
def test_the_figures_of_a_model(expected: Answers, bare: Answers, in_c: Answers, model: str):
    ways = {"in_process": expected, "bare_python": bare, "c_api": in_c}
    answered = {way: [*answers[model].values()] for way, answers in ways.items()}
    figures = savedmodel_parity.differences([*CALLS[model].values()], answered)
    # Of retrieval 4 requests, 3 of them in a batch too, and one without events; of the ranker
    # batches of 1 and of 3 for each of 3 numbers of owners and 3 of candidates.
    requests = {
        "retrieval": {"serving_default": 4 + 3 + 1, "from_vectors": 4 + 3},
        "ranking": dict.fromkeys(("serving_default", "from_vectors", "explain"), (1 + 3) * 9),
    }[model]
    assert {name: figures[f"{name}_requests"] for name in requests} == requests
    assert figures["encode_items_items"] == 1 + 3
    shares = [value for name, value in figures.items() if name.endswith("share_of_tolerance")]
    assert len(shares) == 2 * (len(requests) + 1)  # of every signature in two ways
    assert max(shares) <= 1
