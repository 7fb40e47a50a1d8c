"""The C program on a model of three lines: what goes in comes out, and errors say what is wrong."""

from __future__ import annotations

import subprocess
from pathlib import Path

import numpy as np
import pytest

from benchmarks.parity.c_api import compiler
from benchmarks.parity.c_api.caller import run_program, through_c_api
from benchmarks.parity.c_api.compiler import compile_program
from benchmarks.parity.c_api.signatures import read_signatures
from benchmarks.parity.c_api.tensor_file import write_call
from benchmarks.parity.calls import Call

import tensorflow as tf  # isort: skip  (after the modules above, which prepare the process)

SMALL = {"number": np.array([3.0], np.float32), "text": np.array([[b"a", b"b"]])}
LARGEST, LEAST = np.iinfo(np.int64).max, np.iinfo(np.int64).min


class Echo(tf.Module):
    """A table of names behind one signature, tensors of any shape through the other."""

    def __init__(self) -> None:
        super().__init__()
        entries = tf.lookup.KeyValueTensorInitializer(["a", "é"], [1.0, 2.0])
        self.table = tf.lookup.StaticHashTable(entries, 0.0)
        self.weight = tf.Variable(10.0)

    @tf.function
    def look_up(self, text: tf.Tensor, number: tf.Tensor) -> dict[str, tf.Tensor]:
        """`number` float32 `[batch]` times a weight, and what is found for `text`."""
        found = tf.reduce_sum(self.table.lookup(text), axis=1)
        return {"sum": self.weight * number + found, "text": text + "!"}

    @tf.function
    def echo(self, **tensors: tf.Tensor) -> dict[str, tf.Tensor]:
        """All as they are."""
        return {name: tf.identity(value) for name, value in tensors.items()}


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    module, path = Echo(), tmp_path_factory.mktemp("echo") / "model"
    types = {"text": tf.string, "real": tf.float32, "whole": tf.int64, "flag": tf.bool}
    anything = {name: tf.TensorSpec(None, dtype, name) for name, dtype in types.items()}
    signatures = {
        "look_up": module.look_up.get_concrete_function(
            tf.TensorSpec([None, None], tf.string, "text"),
            tf.TensorSpec([None], tf.float32, "number"),
        ),
        "echo": module.echo.get_concrete_function(**anything),
    }
    tf.saved_model.save(module, str(path), signatures)
    return path


@pytest.fixture
def call_file(model: Path, tmp_path: Path) -> Path:
    """A call that is answered."""
    signature, path = read_signatures(model)["look_up"], tmp_path / "call"
    feeds = {signature.inputs[name]: value for name, value in SMALL.items()}
    write_call(path, feeds, signature.outputs.values())
    return path


def test_variables_and_tables_are_restored(c_program: Path, model: Path, tmp_path: Path):
    second = {
        "number": np.array([0.0, -1.0], np.float32),
        "text": np.array([["é", "a", "é"], ["", "b", "a"]]).astype("U"),
    }
    second["text"] = np.char.encode(second["text"], "utf-8")
    calls = [Call("look_up", SMALL), Call("look_up", second)]
    one, two = through_c_api(c_program, model, calls, tmp_path)
    # 10 * 3 + (1 + 0); 10 * 0 + (2 + 1 + 2) and 10 * -1 + (0 + 0 + 1).
    assert one["sum"].tolist() == [31.0]
    assert two["sum"].tolist() == [5.0, -9.0]
    assert one["text"].tolist() == [[b"a!", b"b!"]]
    assert two["text"].tolist()[0] == ["é!".encode(), b"a!", "é!".encode()]


@pytest.mark.parametrize("shape", [(), (1,), (3,), (2, 3), (0, 3), (2, 0), (1, 2, 1, 2)], ids=str)
def test_every_type_and_shape_comes_back(
    c_program: Path, model: Path, tmp_path: Path, shape: tuple[int, ...]
):
    texts = [b"", b"of more than the 22 bytes that a TF_TString has room for", b"nul \0 within"]
    values = {
        "text": np.array(texts),
        "real": np.array([np.nan, -np.inf, 1e-45], np.float32),
        "whole": np.array([LARGEST, 0, LEAST]),
        "flag": np.array([True, False, False]),
    }
    inputs = {name: np.resize(value, shape) for name, value in values.items()}
    (found,) = through_c_api(c_program, model, [Call("echo", inputs)], tmp_path)
    assert sorted(found) == sorted(inputs)
    for name, value in inputs.items():
        assert found[name].shape == shape
        assert found[name].dtype.kind == value.dtype.kind
        np.testing.assert_array_equal(found[name], value)


def test_no_python_is_linked(c_program: Path):
    shown = subprocess.run(["ldd", str(c_program)], capture_output=True, text=True, check=True)
    libraries = [line.split()[0] for line in shown.stdout.splitlines()]
    assert "libtensorflow_cc.so.2" in libraries
    assert not [name for name in libraries if "python" in name]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"text": np.array([b"a"])}, r"text:0: expected shape \[\?, \?\], got \[1\]"),
        (
            {"number": np.zeros((1, 2), np.float32)},
            r"number:0: expected shape \[\?\], got \[1, 2\]",
        ),
        ({"number": np.zeros(1)}, "number:0: expected type 1, got 2"),
        ({"text": np.array([1])}, "text:0: expected type 7, got 9"),
        # Of the declared shapes, but no sum: TensorFlow's own message.
        (
            {"number": np.zeros(3, np.float32), "text": np.array([[b"a"]] * 2)},
            r"TensorFlow code 3: .*\[3\]",
        ),
    ],
)
def test_wrong_tensors(
    c_program: Path, model: Path, tmp_path: Path, change: dict[str, np.ndarray], message: str
):
    with pytest.raises(RuntimeError, match=message):
        through_c_api(c_program, model, [Call("look_up", SMALL | change)], tmp_path)


def test_wrong_names(c_program: Path, model: Path, tmp_path: Path):
    with pytest.raises(ValueError, match=r"signature out of .*'look_up'.*, got 'other'"):
        through_c_api(c_program, model, [Call("other", SMALL)], tmp_path)
    with pytest.raises(ValueError, match=r"look_up: expected the inputs .*, got \['number'\]"):
        through_c_api(c_program, model, [Call("look_up", {"number": SMALL["number"]})], tmp_path)


@pytest.mark.parametrize(
    ("feeds", "fetches", "message"),
    [
        ({"nothing:0": np.zeros(1)}, [], "nothing:0: the model has no such operation"),
        ({}, ["look_up_text"], "look_up_text: expected a tensor's name"),
        ({}, ["look_up_text:x"], "look_up_text:x: expected a number"),
        ({}, ["look_up_text:1"], "look_up_text:1: the operation has 1 outputs"),
        ({}, ["look_up_text:-1"], "look_up_text:-1: the operation has 1 outputs"),
        ({}, ["look_up_text:0"], "TensorFlow code 3: You must feed a value for placeholder"),
    ],
)
def test_names_that_the_graph_has_not(
    c_program: Path,
    model: Path,
    tmp_path: Path,
    feeds: dict[str, np.ndarray],
    fetches: list[str],
    message: str,
):
    write_call(tmp_path / "call", feeds, fetches)
    with pytest.raises(RuntimeError, match=rf"(?s)ended with 1:.*: {message}"):
        run_program(c_program, model, [(tmp_path / "call", tmp_path / "result")])


def test_missing_files(c_program: Path, model: Path, call_file: Path, tmp_path: Path):
    with pytest.raises(RuntimeError, match=r"(?s)ended with 1:.*elsewhere: .* code 5: Could not"):
        run_program(c_program, tmp_path / "elsewhere", [(call_file, tmp_path / "result")])
    with pytest.raises(RuntimeError, match=r"none: cannot be read: No such file"):
        run_program(c_program, model, [(tmp_path / "none", tmp_path / "result")])
    with pytest.raises(RuntimeError, match=r"result: cannot be written: No such file"):
        run_program(c_program, model, [(call_file, tmp_path / "none" / "result")])
    with pytest.raises(RuntimeError, match=r"usage: run_saved_model MODEL CALL RESULT"):
        run_program(c_program, model, [])


def test_a_damaged_call(c_program: Path, model: Path, call_file: Path, tmp_path: Path):
    whole = call_file.read_bytes()
    damaged = {
        "cut": [whole[:size] for size in range(0, len(whole), 16)],
        "long": [whole + b"\0"],
        "magic": [b"tensors1" + whole[8:]],
        # 4 billion tensors, and a name, of a file that has no room for them.
        "counts": [whole[:8] + b"\xff" * 4 + whole[12:], whole[:12] + b"\xff" * 4 + whole[16:]],
    }
    call_file.write_bytes(whole)
    run_program(c_program, model, [(call_file, tmp_path / "result")])
    for kind, contents in damaged.items():
        for number, content in enumerate(contents):
            call_file.write_bytes(content)
            with pytest.raises(RuntimeError, match=r"(?s)ended with 1:.*/call: "):
                run_program(c_program, model, [(call_file, tmp_path / f"{kind}-{number}")])
            assert not (tmp_path / f"{kind}-{number}").exists()


def test_no_compiler_and_one_that_refuses(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    refusing = tmp_path / "refusing"
    refusing.write_text("#!/bin/sh\necho 'not that' >&2\nexit 3\n")
    refusing.chmod(0o700)
    monkeypatch.setattr(compiler, "COMPILERS", (str(refusing),))
    with pytest.raises(RuntimeError, match="refusing ended with 3:\nnot that"):
        compile_program(tmp_path)
    monkeypatch.setattr(compiler, "COMPILERS", ("no-such-compiler",))
    with pytest.raises(FileNotFoundError, match="a C compiler, one of no-such-compiler"):
        compile_program(tmp_path)
