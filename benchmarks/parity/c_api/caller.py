"""Calls of a SavedModel by the C program, in a process without Python."""

from __future__ import annotations

import subprocess
from collections.abc import Sequence
from pathlib import Path

from benchmarks.bare_environment import bare_environment
from benchmarks.parity.c_api.signatures import Signature, read_signatures
from benchmarks.parity.c_api.tensor_file import read_result, write_call
from benchmarks.parity.calls import Arrays, Call


def through_c_api(program: Path, model: Path, calls: Sequence[Call], scratch: Path) -> list[Arrays]:
    """The outputs of each call.

    Args:
        program: What `compile_program` made.
        model: The SavedModel's directory.
        calls: In the order of the result.
        scratch: An empty directory for the files that go between the processes.

    Raises:
        ValueError: A call names an unknown signature, or not its inputs.
        RuntimeError: The program failed; the message has what it wrote.
    """
    signatures = read_signatures(model)
    asked = [scratch / f"{number}.call" for number in range(len(calls))]
    answered = [scratch / f"{number}.result" for number in range(len(calls))]
    for call, path in zip(calls, asked, strict=True):
        signature = _of(call, signatures)
        feeds = {signature.inputs[name]: value for name, value in call.inputs.items()}
        write_call(path, feeds, signature.outputs.values())
    run_program(program, model, list(zip(asked, answered, strict=True)))
    return [
        _named(signatures[call.signature], read_result(path))
        for call, path in zip(calls, answered, strict=True)
    ]


def run_program(program: Path, model: Path, files: Sequence[tuple[Path, Path]]) -> None:
    """Runs the program on files of calls and of results.

    Raises:
        RuntimeError: It ended with an error; the message has what it wrote.
    """
    command = [str(program), str(model), *(str(path) for pair in files for path in pair)]
    done = subprocess.run(
        command, capture_output=True, text=True, check=False, env=bare_environment()
    )
    if done.returncode:
        raise RuntimeError(f"{program.name} ended with {done.returncode}:\n{done.stderr[-4_000:]}")


def _of(call: Call, signatures: dict[str, Signature]) -> Signature:
    if call.signature not in signatures:
        raise ValueError(f"expected a signature out of {[*signatures]}, got {call.signature!r}")
    signature = signatures[call.signature]
    if set(call.inputs) != set(signature.inputs):
        raise ValueError(
            f"{call.signature}: expected the inputs {sorted(signature.inputs)}, "
            f"got {sorted(call.inputs)}"
        )
    return signature


def _named(signature: Signature, result: Arrays) -> Arrays:
    return {name: result[tensor] for name, tensor in signature.outputs.items()}
