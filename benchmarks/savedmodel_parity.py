"""`python -m benchmarks.savedmodel_parity RUN`: the exported models, called in three ways.

Requests of the test split go to every signature of both models in this process, in a Python process
that has TensorFlow alone, and through TensorFlow's C API without Python. The result says how far
the other two lie from the first. Needs a C compiler.
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from benchmarks.parity import request_calls
from benchmarks.parity.bare_python import in_bare_python
from benchmarks.parity.c_api.caller import through_c_api
from benchmarks.parity.c_api.compiler import compile_program
from benchmarks.parity.calls import Arrays, Call, in_process
from benchmarks.parity.differences import ATOL, RTOL, largest_difference
from benchmarks.parity.item_calls import ENCODE_ITEMS
from benchmarks.results import described_run, write_result
from evaluation.requests import read_requests
from evaluation.saved_models import RetrievalModel
from schemas.artifacts import Artifact, check_belong_together, open_artifact

STAGES = ("prepared", "retrieval", "ranking")
MODELS = ("retrieval", "ranking")
IN_PROCESS = "in_process"
SEED = 1

Figures = dict[str, float]


def main() -> None:
    """Measures, prints the differences and writes the result."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.savedmodel_parity", description=__doc__
    )
    parser.add_argument("run", type=Path, help="a finished run, such as runs/quickstart")
    parser.add_argument("--requests", type=int, default=200, help="drawn from the test split")
    arguments = parser.parse_args()
    stages = {stage: open_artifact(arguments.run / stage) for stage in STAGES}
    check_belong_together(stages)

    asked = calls(stages, arguments.requests)
    figures: Figures = {}
    with tempfile.TemporaryDirectory() as scratch:
        program = compile_program(Path(scratch))
        for model in MODELS:
            answered = answers(stages[model].path / "model", asked[model], program)
            figures |= _prefixed(model, differences(asked[model], answered))
    for name, value in figures.items():
        print(f"{name:60} {value:g}")
    _judge(figures)
    settings = {
        "requests": arguments.requests,
        "batch": request_calls.BATCH,
        "candidates": request_calls.CANDIDATES,
        "owners": request_calls.OWNERS,
        "atol": ATOL,
        "rtol": RTOL,
    }
    config = settings | {model: stages[model].manifest["config"] for model in MODELS}
    data = described_run(stages["prepared"])
    print(write_result("savedmodel-parity", data, SEED, config, figures, {}))


def calls(stages: Mapping[str, Artifact], count: int) -> dict[str, list[Call]]:
    """What each model is asked.

    Args:
        stages: The run's `STAGES`.
        count: Requests to draw; all if there are no more.
    """
    requests = read_requests(stages["prepared"].path, "test")
    drawn = np.random.default_rng(SEED).permutation(len(requests))[:count]
    prepared, retrieval, ranking = (stages[stage] for stage in STAGES)
    history_len = retrieval.manifest["config"]["history_len"]
    encoder = RetrievalModel(retrieval.path, requests.item_ids, history_len)
    return {
        "retrieval": request_calls.retrieval_calls(prepared, retrieval, requests, drawn),
        "ranking": request_calls.ranking_calls(prepared, ranking, encoder, requests, drawn),
    }


def answers(model: Path, asked: list[Call], program: Path) -> dict[str, list[Arrays]]:
    """The outputs of each call, by way.

    Args:
        model: The SavedModel's directory.
        asked: The calls.
        program: The C program.
    """
    with tempfile.TemporaryDirectory() as bare, tempfile.TemporaryDirectory() as c_api:
        return {
            IN_PROCESS: in_process(model, asked),
            "bare_python": in_bare_python(model, asked, Path(bare)),
            "c_api": through_c_api(program, model, asked, Path(c_api)),
        }


def differences(asked: list[Call], answered: Mapping[str, list[Arrays]]) -> Figures:
    """How far the outputs lie from those in this process, by signature and way.

    Args:
        asked: The calls.
        answered: By way, their outputs.

    Returns:
        `<signature>_requests` or `<signature>_items`, how many were asked; and
        `<signature>_<way>_<field>` for each field of `Difference`.
    """
    figures: Figures = {}
    for signature in dict.fromkeys(call.signature for call in asked):
        chosen = [at for at, call in enumerate(asked) if call.signature == signature]
        expected = [answered[IN_PROCESS][at] for at in chosen]
        asked_of = "items" if signature == ENCODE_ITEMS else "requests"
        figures[f"{signature}_{asked_of}"] = sum(_rows(outputs) for outputs in expected)
        for way in sorted(set(answered) - {IN_PROCESS}):
            largest = largest_difference([answered[way][at] for at in chosen], expected)
            rounded = {name: float(f"{v:.3g}") for name, v in largest._asdict().items()}
            figures |= _prefixed(f"{signature}_{way}", rounded)
    return figures


def _rows(outputs: Arrays) -> int:
    return len(next(iter(outputs.values())))


def _prefixed(prefix: str, figures: Mapping[str, float]) -> Figures:
    return {f"{prefix}_{name}": value for name, value in figures.items()}


def _judge(figures: Figures) -> None:
    worst = max(value for name, value in figures.items() if name.endswith("share_of_tolerance"))
    print(
        f"largest difference: {worst:g} of the tolerance, {ATOL} + {RTOL} of the value: "
        f"{'met' if worst <= 1 else 'MISSED'}"
    )


if __name__ == "__main__":
    main()
