"""A process that answers as TensorFlow Serving does, from what `matinee export` wrote.

It reads `models.config`, loads the SavedModels as TensorFlow Serving's loader does (the restore
operation, in a session), replays their warm-up requests, and answers PredictionService.Predict and
GetModelMetadata and ModelService.GetModelStatus with its status codes and its form of tensors. A
file of faults, read at every call, makes it slow or wrong.
"""

from __future__ import annotations

import argparse
import json
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NoReturn

import grpc
import numpy as np

import schemas.tf_runtime  # noqa: F401  (before TensorFlow)

# isort: split
import tensorflow as tf
from google.protobuf import text_format
from tensorflow.core.framework import tensor_pb2
from tensorflow_serving.apis import (
    get_model_metadata_pb2,
    get_model_status_pb2,
    model_service_pb2_grpc,
    predict_pb2,
    prediction_log_pb2,
    prediction_service_pb2_grpc,
)
from tensorflow_serving.config import model_server_config_pb2

from serving.own_process import ANNOUNCEMENT

AVAILABLE = get_model_status_pb2.ModelVersionStatus.State.AVAILABLE


class Refused(Exception):
    """A call that TensorFlow Serving would refuse."""

    def __init__(self, code: grpc.StatusCode, message: str) -> None:
        super().__init__(message)
        self.code = code


class Servable:
    """One version of a model in a session of its own."""

    def __init__(self, directory: Path) -> None:
        graph = tf.Graph()
        self._session = tf.compat.v1.Session(graph=graph)
        with graph.as_default():
            found = tf.compat.v1.saved_model.load(self._session, ["serve"], str(directory))
        self.signatures = found.signature_def
        records = directory / "assets.extra" / "tf_serving_warmup_requests"
        self.warmed_up = 0
        for record in tf.compat.v1.io.tf_record_iterator(str(records)):
            log = prediction_log_pb2.PredictionLog.FromString(record)
            self.run(log.predict_log.request)
            self.warmed_up += 1

    def run(self, request: predict_pb2.PredictRequest) -> dict[str, np.ndarray]:
        name = request.model_spec.signature_name or "serving_default"
        if name not in self.signatures:
            message = f'Serving signature key "{name}" not found.'
            raise Refused(grpc.StatusCode.FAILED_PRECONDITION, message)
        signature = self.signatures[name]
        if set(request.inputs) != set(signature.inputs):
            message = f"input size does not match signature: {sorted(request.inputs)}"
            raise Refused(grpc.StatusCode.INVALID_ARGUMENT, message)
        wanted = list(request.output_filter) or list(signature.outputs)
        for alias in wanted:
            if alias not in signature.outputs:
                message = f"output tensor alias not found in signature: {alias}"
                raise Refused(grpc.StatusCode.INVALID_ARGUMENT, message)
        fed = {}
        for alias, value in request.inputs.items():
            if value.dtype != signature.inputs[alias].dtype:
                message = f"{alias}: expected another dtype"
                raise Refused(grpc.StatusCode.INVALID_ARGUMENT, message)
            fed[signature.inputs[alias].name] = tf.make_ndarray(value)
        fetched = {alias: signature.outputs[alias].name for alias in wanted}
        return self._session.run(fetched, fed)


class Faults:
    """What goes wrong now, by a file of JSON; without the file nothing does."""

    def __init__(self, path: Path) -> None:
        self._path, self._lock = path, threading.Lock()

    def of(self, model: str) -> dict[str, Any]:
        """The faults of a call to a model; `unavailable` counts calls and is counted down."""
        with self._lock:
            if not self._path.exists():
                return {}
            faults = json.loads(self._path.read_text())
            found = dict(faults.get(model, {}))
            if found.get("unavailable", 0):
                faults[model]["unavailable"] -= 1
                self._path.write_text(json.dumps(faults))
            return found


class Served:
    """Every model of a configuration, and its faults."""

    def __init__(self, config: Path, faults: Path) -> None:
        text = config.read_text()
        parsed = text_format.Parse(text, model_server_config_pb2.ModelServerConfig())
        self.faults = Faults(faults)
        self.models: dict[tuple[str, int], Servable] = {}
        for model in parsed.model_config_list.config:
            assert model.model_platform == "tensorflow"
            for version in model.model_version_policy.specific.versions:
                directory = Path(model.base_path) / str(version)
                self.models[model.name, version] = Servable(directory)
                warmed_up = self.models[model.name, version].warmed_up
                print(f"{model.name} {version}: {warmed_up} warm-up requests", flush=True)

    def model(self, spec: Any) -> Servable:
        key = (spec.name, spec.version.value)
        if key not in self.models:
            message = f"Servable not found for request: Specific({spec.name}, {key[1]})"
            raise Refused(grpc.StatusCode.NOT_FOUND, message)
        return self.models[key]


@contextmanager
def refusals(context: grpc.ServicerContext) -> Iterator[None]:
    try:
        yield
    except Refused as refused:
        abort(context, refused.code, str(refused))


def abort(context: grpc.ServicerContext, code: grpc.StatusCode, message: str) -> NoReturn:
    context.abort(code, message)
    raise AssertionError("abort raises")


class Predictions(prediction_service_pb2_grpc.PredictionServiceServicer):
    def __init__(self, served: Served) -> None:
        self._served = served

    def Predict(self, request, context):
        fault = self._served.faults.of(request.model_spec.name)
        time.sleep(fault.get("sleep", 0))
        if fault.get("unavailable", 0):
            abort(context, grpc.StatusCode.UNAVAILABLE, "the batch queue is full")
        if "code" in fault:
            abort(context, grpc.StatusCode[fault["code"]], f"refused {request}"[:100])
        with refusals(context):
            model = self._served.model(request.model_spec)
            outputs = model.run(request)
        response = predict_pb2.PredictResponse(model_spec=request.model_spec)
        response.model_spec.version.value += fault.get("another_version", 0)
        for name, value in outputs.items():
            response.outputs[name].CopyFrom(as_fields(value))
        for name, wrong in fault.get("outputs", {}).items():
            spoil(response.outputs, name, wrong)
        return response

    def GetModelMetadata(self, request, context):
        fault = self._served.faults.of(request.model_spec.name)
        with refusals(context):
            model = self._served.model(request.model_spec)
        found = get_model_metadata_pb2.SignatureDefMap(signature_def=model.signatures)
        for name in fault.get("without_outputs", []):
            for signature in found.signature_def.values():
                signature.outputs.pop(name, None)
        response = get_model_metadata_pb2.GetModelMetadataResponse(model_spec=request.model_spec)
        response.metadata["signature_def"].Pack(found)
        return response


class Models(model_service_pb2_grpc.ModelServiceServicer):
    def __init__(self, served: Served) -> None:
        self._served = served

    def GetModelStatus(self, request, context):
        with refusals(context):
            self._served.model(request.model_spec)
        fault = self._served.faults.of(request.model_spec.name)
        status = get_model_status_pb2.ModelVersionStatus(
            version=request.model_spec.version.value, state=fault.get("state", AVAILABLE)
        )
        return get_model_status_pb2.GetModelStatusResponse(model_version_status=[status])


def as_fields(value: np.ndarray) -> tensor_pb2.TensorProto:
    """A tensor with its values in the field of their type, as TensorFlow Serving answers."""
    dtype = tf.as_dtype(value.dtype)
    made = tensor_pb2.TensorProto(dtype=dtype.as_datatype_enum)
    made.tensor_shape.CopyFrom(tf.TensorShape(value.shape).as_proto())
    field = {tf.float32: made.float_val, tf.int64: made.int64_val}[dtype]
    field.extend(value.ravel().tolist())
    return made


def spoil(outputs: Any, name: str, wrong: str) -> None:
    """Makes an output wrong."""
    value = tf.make_ndarray(outputs[name])
    if wrong == "missing":
        del outputs[name]
    elif wrong == "shape":
        outputs[name].CopyFrom(as_fields(value[:, :-1]))
    elif wrong == "dtype":
        outputs[name].CopyFrom(as_fields(value.astype(np.int64)))
    elif wrong == "nan":
        outputs[name].CopyFrom(as_fields(np.full_like(value, np.nan)))
    elif wrong == "garbled":
        outputs[name].CopyFrom(
            tensor_pb2.TensorProto(
                dtype=tf.float32.as_datatype_enum,
                tensor_shape=outputs[name].tensor_shape,
                tensor_content=b"12345",
            )
        )
    else:
        raise ValueError(f"no such fault: {wrong}")


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--config", type=Path, required=True)
    parser.add_argument("--faults", type=Path, required=True)
    parser.add_argument("--port", type=int, default=0)
    arguments = parser.parse_args()
    served = Served(arguments.config, arguments.faults)
    with ThreadPoolExecutor(8) as pool:
        server = grpc.server(pool, options=[("grpc.so_reuseport", 0)])
        prediction_service_pb2_grpc.add_PredictionServiceServicer_to_server(
            Predictions(served), server
        )
        model_service_pb2_grpc.add_ModelServiceServicer_to_server(Models(served), server)
        port = server.add_insecure_port(f"127.0.0.1:{arguments.port}")
        server.start()
        print(f"{ANNOUNCEMENT}127.0.0.1:{port}", flush=True)
        server.wait_for_termination()


if __name__ == "__main__":
    main()
