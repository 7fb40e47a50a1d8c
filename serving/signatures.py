"""The signatures of a model, wherever they run: named numpy arrays in, named numpy arrays out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import grpc
import numpy as np

from schemas.artifacts import Artifact
from serving.errors import BackendError

Arrays = Mapping[str, np.ndarray]
"""Texts are object arrays of `bytes` or `str`."""

Shapes = Mapping[str, tuple[int, ...]]
"""Output name to the shape that it must have."""

ANY = -1
"""In such a shape, a length that the model decides."""


@dataclass(frozen=True)
class Spec:
    """What a signature takes and gives: names to dtypes, `object` for texts."""

    inputs: Mapping[str, np.dtype]
    outputs: Mapping[str, np.dtype]


class Signatures(Protocol):
    """One version of one model; safe to call from several threads."""

    @property
    def name(self) -> str:
        """What errors call the model."""

    @property
    def specs(self) -> Mapping[str, Spec]:
        """Signature name to what it takes and gives."""

    def run(self, signature: str, inputs: Arrays, shapes: Shapes) -> Arrays:
        """Runs a signature for the request of this thread, within its deadline.

        Args:
            signature: One of `specs`.
            inputs: All of its inputs, of its dtypes; the first axis is the batch.
            shapes: The outputs that are wanted, and the shapes they should have.

        Returns:
            Those outputs, as they came: whoever calls checks them.

        Raises:
            RequestError: The request's deadline has passed.
            BackendError: There was no answer: UNAVAILABLE, DEADLINE_EXCEEDED, RESOURCE_EXHAUSTED,
                or INTERNAL if the call was refused.
        """

    def check(self) -> None:
        """Returns if the model would answer now.

        Raises:
            BackendError: UNAVAILABLE.
        """


class Backend(Protocol):
    """Where models run."""

    def open(self, artifact: Artifact, stage: str) -> Signatures:
        """The model of a finished stage.

        Args:
            artifact: The retrieval or ranking artefact.
            stage: `retrieval` or `ranking`.

        Raises:
            OSError: There is no such model, or nothing that runs it.
        """


class Signature:
    """One signature, held to what is expected of it."""

    def __init__(
        self, model: Signatures, name: str, inputs: Sequence[str], outputs: Mapping[str, type]
    ) -> None:
        """Checks the signature.

        Args:
            model: Whose signature it is.
            name: Its name.
            inputs: All inputs that it shall take.
            outputs: Outputs that it shall give at least, and their numpy types.

        Raises:
            ValueError: There is no such signature, or it takes or gives something else.
        """
        where = f"{model.name}: {name}"
        if name not in model.specs:
            raise ValueError(
                f"{model.name}: expected the signature {name}, got {sorted(model.specs)}; "
                "train it again"
            )
        spec = model.specs[name]
        if set(spec.inputs) != set(inputs):
            raise ValueError(
                f"{where}: expected the inputs {sorted(inputs)}, got {sorted(spec.inputs)}"
            )
        for output, kind in outputs.items():
            if spec.outputs.get(output) != np.dtype(kind):
                raise ValueError(
                    f"{where}: expected the output {output} {np.dtype(kind)}, "
                    f"got {_listed(spec.outputs)}"
                )
        self._model, self._name, self._where = model, name, where
        self._inputs, self._outputs = spec.inputs, outputs

    def __call__(self, values: Mapping[str, Any], shapes: Shapes) -> dict[str, np.ndarray]:
        """Runs it.

        Args:
            values: Input name to array-like.
            shapes: The outputs that are wanted, and the shapes they must have.

        Raises:
            RequestError: As `Signatures.run`, and INTERNAL where an output is missing, has another
                dtype or shape, or is not finite.
        """
        inputs = {name: np.asarray(values[name], dtype) for name, dtype in self._inputs.items()}
        outputs = self._model.run(self._name, inputs, shapes)
        return {name: self._checked(name, outputs.get(name), shapes[name]) for name in shapes}

    def _checked(self, name: str, value: np.ndarray | None, shape: tuple[int, ...]) -> np.ndarray:
        dtype = np.dtype(self._outputs[name])
        if value is None or value.dtype != dtype or not _fits(value.shape, shape):
            got = "none" if value is None else f"{value.dtype} {list(value.shape)}"
            raise BackendError(
                grpc.StatusCode.INTERNAL,
                f"{self._where}: expected {name} {dtype} {list(shape)}, got {got}",
            )
        if not np.isfinite(value).all():
            raise BackendError(
                grpc.StatusCode.INTERNAL,
                f"{self._where}: expected finite numbers, got {name} with NaN or infinity",
            )
        return value


def _fits(got: tuple[int, ...], shape: tuple[int, ...]) -> bool:
    """Whether a shape is as it must be."""
    return len(got) == len(shape) and all(
        wanted in (ANY, length) for length, wanted in zip(got, shape, strict=True)
    )


def _listed(outputs: Mapping[str, np.dtype]) -> str:
    return ", ".join(f"{name} {dtype}" for name, dtype in sorted(outputs.items())) or "none"
