"""A signature over a model that answers what a test says."""

import grpc
import numpy as np
import pytest

from serving.errors import BackendError
from serving.signatures import Signature, Spec

SPEC = Spec(
    inputs={"text": np.dtype(object), "number": np.dtype(np.int64)},
    outputs={"score": np.dtype(np.float32), "place": np.dtype(np.int64)},
)
SHAPES = {"score": (2, 3), "place": (2,)}
GOOD = {"score": np.ones((2, 3), np.float32), "place": np.zeros(2, np.int64)}


class Answering:
    """A model that gives fixed outputs and keeps what it was asked."""

    name = "model 7"

    def __init__(self, **outputs):
        self.specs, self.outputs = {"serve": SPEC}, outputs

    def run(self, signature, inputs, shapes):
        self.asked = signature, inputs, shapes
        return self.outputs

    def check(self):
        pass


def signature(model, name="serve", inputs=("number", "text"), outputs=None):
    return Signature(model, name, inputs, outputs or {"score": np.float32, "place": np.int64})


def ask(model):
    return signature(model)({"text": ["a", "b"], "number": [1, 2.0], "other": 3}, SHAPES)


def test_inputs_are_of_the_model_s_dtypes_and_outputs_what_was_wanted():
    model = Answering(**GOOD, more=np.zeros(1))
    answered = ask(model)
    assert answered.keys() == SHAPES.keys()
    np.testing.assert_array_equal(answered["score"], GOOD["score"])
    name, inputs, shapes = model.asked
    assert (name, shapes) == ("serve", SHAPES)
    assert {n: (v.dtype, v.tolist()) for n, v in inputs.items()} == {
        "text": (np.dtype(object), ["a", "b"]),
        "number": (np.dtype(np.int64), [1, 2]),
    }


@pytest.mark.parametrize(
    ("output", "got"),
    [
        (None, "none"),
        (np.ones((2, 2), np.float32), r"float32 \[2, 2\]"),
        (np.ones((3, 2), np.float32), r"float32 \[3, 2\]"),
        (np.ones((2, 3, 1), np.float32), r"float32 \[2, 3, 1\]"),
        (np.float32(1), r"float32 \[\]"),
        (np.ones((2, 3)), r"float64 \[2, 3\]"),
        (np.array([["1"] * 3] * 2, object), r"object \[2, 3\]"),
    ],
)
def test_an_output_of_another_shape_or_dtype(output, got):
    outputs = {**GOOD, "score": output}
    model = Answering(**{name: value for name, value in outputs.items() if value is not None})
    message = rf"^model 7: serve: expected score float32 \[2, 3\], got {got}$"
    with pytest.raises(BackendError, match=message) as caught:
        ask(model)
    assert caught.value.code is grpc.StatusCode.INTERNAL


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_an_output_that_is_not_finite(value):
    message = r"^model 7: serve: expected finite numbers, got score with NaN or infinity$"
    with pytest.raises(BackendError, match=message):
        ask(Answering(**{**GOOD, "score": np.full((2, 3), value, np.float32)}))


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"name": "rank"}, r"expected the signature rank, got \['serve'\]; train it again"),
        ({"inputs": ["text"]}, r"serve: expected the inputs \['text'\], got \['number', 'text'\]"),
        (
            {"outputs": {"chance": np.float32}},
            "expected the output chance float32, got place int64, score float32",
        ),
        ({"outputs": {"score": np.float64}}, "expected the output score float64, got place"),
    ],
)
def test_a_signature_that_is_not_as_expected(given, message):
    with pytest.raises(ValueError, match=message):
        signature(Answering(), **given)
