"""Models run by TensorFlow Serving, called through its PredictionService."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any, NamedTuple

import grpc
import numpy as np

import schemas.tf_runtime  # noqa: F401  (before TensorFlow)

# isort: split
import tensorflow as tf
from tensorflow_serving.apis import (
    get_model_metadata_pb2,
    get_model_status_pb2,
    model_pb2,
    model_service_pb2_grpc,
    predict_pb2,
    prediction_service_pb2_grpc,
)

from schemas.artifacts import Artifact
from schemas.config import ServeConfig
from serving.deadline import current_deadline
from serving.errors import BackendError
from serving.model_numbers import model_number
from serving.signatures import Arrays, Shapes, Spec

STATUS_SECONDS = 1.0
"""How long the answer may take whether a model is there."""

PAUSE_SECONDS = 0.02
"""Before a second try; doubled before each further one."""

_INTERNAL = "__"
"""Begins the names of signatures that a SavedModel has for its loader; their tensors are none."""

OPTIONS = [
    # gRPC waits up to two minutes before it connects again, and fails every call meanwhile.
    ("grpc.initial_reconnect_backoff_ms", 100),
    ("grpc.min_reconnect_backoff_ms", 100),
    ("grpc.max_reconnect_backoff_ms", 1_000),
    # A machine that is gone without a word is noticed. Servers take so many pings only from those
    # that call them meanwhile, which watching the models does every second.
    ("grpc.keepalive_time_ms", 10_000),
    ("grpc.keepalive_timeout_ms", 5_000),
]


class Stubs(NamedTuple):
    """The services of a TensorFlow Serving."""

    prediction: Any
    model: Any


class TfServing:
    """Opens models of the TensorFlow Serving that `serve.backend` names."""

    def __init__(self, config: ServeConfig) -> None:
        """Opens no connection yet."""
        self._config = config
        channel = grpc.insecure_channel(config.tf_serving, options=OPTIONS)
        self._stubs = Stubs(
            prediction_service_pb2_grpc.PredictionServiceStub(channel),
            model_service_pb2_grpc.ModelServiceStub(channel),
        )

    def open(self, artifact: Artifact, stage: str) -> ServedModel:
        """The very version of a model that an artefact holds.

        Raises:
            ConnectionError: It is not served there, or only later than a starting server waits.
        """
        names = {"retrieval": self._config.retrieval_model, "ranking": self._config.ranking_model}
        spec = model_spec(names[stage], model_number(artifact))
        try:
            return ServedModel(self._stubs, spec, self._config)
        except BackendError as error:
            raise ConnectionError(f"{self._config.backend}: {error}") from error


class ServedModel:
    """One version of a model that TensorFlow Serving runs."""

    def __init__(self, stubs: Stubs, spec: model_pb2.ModelSpec, config: ServeConfig) -> None:
        """Asks what the model takes and gives.

        Args:
            stubs: To call.
            spec: Name and version.
            config: How long to wait, and for what.

        Raises:
            BackendError: It is not there.
        """
        self.name = f"{spec.name} {spec.version.value}"
        self._stubs, self._spec = stubs, spec
        self._seconds, self._tries = config.backend_seconds, config.backend_tries
        self.specs = self._described(config.backend_start_seconds)

    def run(self, signature: str, inputs: Arrays, shapes: Shapes) -> Arrays:
        """See `Signatures`; tried again while UNAVAILABLE, if there is time."""
        request = predict_request(self._spec, signature, inputs, shapes)
        response = self._predict(request)
        if response.model_spec.version.value != self._spec.version.value:
            raise BackendError(
                grpc.StatusCode.INTERNAL,
                f"{self.name}: expected an answer of this version, "
                f"got one of {response.model_spec.version.value}",
            )
        return {name: self._array(name, value) for name, value in response.outputs.items()}

    def check(self) -> None:
        """See `Signatures`."""
        request = get_model_status_pb2.GetModelStatusRequest(model_spec=self._spec)
        try:
            found = self._stubs.model.GetModelStatus(request, timeout=STATUS_SECONDS)
        except grpc.RpcError as error:
            raise self._told(error, STATUS_SECONDS) from error
        state = get_model_status_pb2.ModelVersionStatus.State
        states = [version.state for version in found.model_version_status]
        if states != [state.AVAILABLE]:
            raise BackendError(
                grpc.StatusCode.UNAVAILABLE,
                f"{self.name}: expected it AVAILABLE, got {[state.Name(s) for s in states]}",
            )

    def _predict(self, request: predict_pb2.PredictRequest) -> predict_pb2.PredictResponse:
        deadline = current_deadline()
        deadline.check()
        seconds = min(self._seconds, deadline.left)
        ends = time.monotonic() + seconds
        pause = PAUSE_SECONDS
        for tried in range(1, self._tries + 1):
            try:
                return self._stubs.prediction.Predict(request, timeout=ends - time.monotonic())
            except grpc.RpcError as error:
                again = error.code() is grpc.StatusCode.UNAVAILABLE and tried < self._tries
                if not again or ends - time.monotonic() <= pause:
                    raise self._told(error, seconds) from error
            time.sleep(pause)
            pause *= 2
        raise AssertionError("the last try returns or raises")

    def _described(self, seconds: float) -> Mapping[str, Spec]:
        """The model's signatures, as soon as it has been loaded."""
        request = get_model_metadata_pb2.GetModelMetadataRequest(
            model_spec=self._spec, metadata_field=["signature_def"]
        )
        ends = time.monotonic() + seconds
        while True:
            try:
                found = self._stubs.prediction.GetModelMetadata(request, timeout=STATUS_SECONDS)
                break
            except grpc.RpcError as error:
                if time.monotonic() >= ends:
                    raise self._told(error, STATUS_SECONDS) from error
            time.sleep(min(1.0, seconds / 10))
        signatures = get_model_metadata_pb2.SignatureDefMap()
        if not found.metadata["signature_def"].Unpack(signatures):
            raise BackendError(
                grpc.StatusCode.INTERNAL, f"{self.name}: expected its signatures, got none"
            )
        return {
            name: Spec(_dtypes(signature.inputs), _dtypes(signature.outputs))
            for name, signature in signatures.signature_def.items()
            if not name.startswith(_INTERNAL)
        }

    def _array(self, name: str, value: Any) -> np.ndarray:
        try:
            return np.asarray(tf.make_ndarray(value))
        except (TypeError, ValueError):
            raise BackendError(
                grpc.StatusCode.INTERNAL, f"{self.name}: expected {name} as a tensor, got none"
            ) from None

    def _told(self, error: grpc.RpcError, seconds: float) -> BackendError:
        """What our client hears of a failed call; its details may quote what was asked."""
        code = error.code()
        if code is grpc.StatusCode.DEADLINE_EXCEEDED:
            return BackendError(code, f"{self.name}: no answer within {seconds:.3g} s")
        if code is grpc.StatusCode.RESOURCE_EXHAUSTED:
            return BackendError(code, f"{self.name}: the model server takes no more calls")
        if code is grpc.StatusCode.NOT_FOUND:
            message = f"{self.name}: the model server does not have this version"
            return BackendError(grpc.StatusCode.UNAVAILABLE, message)
        if code in (grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.CANCELLED):
            message = f"{self.name}: the model server does not answer"
            return BackendError(grpc.StatusCode.UNAVAILABLE, message)
        message = f"{self.name}: the model server answered {code.name}"
        return BackendError(grpc.StatusCode.INTERNAL, message)


def model_spec(name: str, number: int) -> model_pb2.ModelSpec:
    """What says which model is meant, and which version of it."""
    spec = model_pb2.ModelSpec(name=name)
    spec.version.value = number
    return spec


def predict_request(
    spec: model_pb2.ModelSpec, signature: str, inputs: Arrays, shapes: Shapes
) -> predict_pb2.PredictRequest:
    """A call as TensorFlow Serving takes it."""
    request = predict_pb2.PredictRequest(model_spec=spec, output_filter=sorted(shapes))
    request.model_spec.signature_name = signature
    for name, value in inputs.items():
        dtype = tf.as_dtype(value.dtype)
        request.inputs[name].CopyFrom(tf.make_tensor_proto(value, dtype, value.shape))
    return request


def _dtypes(tensors: Mapping[str, Any]) -> dict[str, np.dtype]:
    return {
        name: np.dtype(tf.as_dtype(tensor.dtype).as_numpy_dtype) for name, tensor in tensors.items()
    }
