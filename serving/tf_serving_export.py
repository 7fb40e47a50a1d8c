"""Models written as a stock TensorFlow Serving takes them."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import schemas.tf_runtime  # noqa: F401  (before TensorFlow)

# isort: split
import tensorflow as tf
from google.protobuf import text_format
from tensorflow_serving.apis import predict_pb2, prediction_log_pb2
from tensorflow_serving.config import model_server_config_pb2

from schemas.artifacts import MANIFEST, Artifact, sha256, verify, write_json
from schemas.config import ServeConfig
from schemas.lock import only_process
from serving.bundle import open_bundle
from serving.in_process import InProcess
from serving.model_numbers import model_number
from serving.recommender import Recommender
from serving.signatures import Arrays, Shapes
from serving.tf_serving import model_spec, predict_request

CONFIG = "models.config"
EXTRA = "assets.extra"
WARM_UP = f"{EXTRA}/tf_serving_warmup_requests"
ORIGIN = f"{EXTRA}/{MANIFEST}"
"""The artefact's manifest: TensorFlow Serving reads of the folder what it knows."""

HEADER = "# Written by `matinee export`: every version below this directory.\n"


@dataclass(frozen=True)
class Recorded:
    """A model, and how a server asks it.

    Attributes:
        artifact: Where it lies.
        name: What TensorFlow Serving shall call it.
        requests: Of one viewer and of a pair.
    """

    artifact: Artifact
    name: str
    requests: list[predict_pb2.PredictRequest]


@dataclass(frozen=True)
class Exported:
    """One version of one model.

    Attributes:
        path: Its directory.
        version: The artefact's version.
        reused: It was there before.
    """

    path: Path
    version: str
    reused: bool


def recorded(run: Path, config: ServeConfig) -> list[Recorded]:
    """The latest models of a run, with what a server that warms up asks them.

    Args:
        run: The run directory.
        config: What the models are called, and the limits of requests.

    Raises:
        FileNotFoundError: A stage of the run has no finished build.
        ValueError: The stages do not belong together.
    """
    recorder = _Recorder(config)
    Recommender(open_bundle(run, recorder), config).warm_up()
    return [Recorded(asked.artifact, asked.name, asked.requests) for asked in recorder.models]


def write_models(
    models: Sequence[Recorded], out: Path, mounted_at: Path | None = None
) -> list[Exported]:
    """Adds models to a directory that TensorFlow Serving reads.

    Versions that are there stay, so that servers of the old models can go on until they have all
    been restarted; `models.config` names all of them.

    Args:
        models: To add.
        out: Made if it is not there.
        mounted_at: What TensorFlow Serving calls `out`, if not as this machine does.

    Raises:
        ValueError: A file of a model is not as it was built, or something else lies where the
            export would.
        RuntimeError: Another process writes there.
    """
    for model in models:
        verify(model.artifact)
    out.mkdir(parents=True, exist_ok=True)
    with only_process(out / ".lock", f"exporting to {out}"):
        _check_config(out / CONFIG)
        exported = [_placed(model, out) for model in models]
        _write_config(out, mounted_at or out.resolve())
    return exported


class _Asked:
    """A model in this process that keeps what it is asked."""

    def __init__(self, artifact: Artifact, stage: str, name: str) -> None:
        self._model = InProcess().open(artifact, stage)
        self.artifact, self.name, self.specs = artifact, name, self._model.specs
        self.requests: list[predict_pb2.PredictRequest] = []

    def run(self, signature: str, inputs: Arrays, shapes: Shapes) -> Arrays:
        spec = model_spec(self.name, model_number(self.artifact))
        self.requests.append(predict_request(spec, signature, inputs, shapes))
        return self._model.run(signature, inputs, shapes)

    def check(self) -> None:
        self._model.check()


class _Recorder:
    """The backend of a server whose requests become warm-up records."""

    def __init__(self, config: ServeConfig) -> None:
        self._names = {"retrieval": config.retrieval_model, "ranking": config.ranking_model}
        self.models: list[_Asked] = []

    def open(self, artifact: Artifact, stage: str) -> _Asked:
        self.models.append(_Asked(artifact, stage, self._names[stage]))
        return self.models[-1]


def _placed(model: Recorded, out: Path) -> Exported:
    """Writes a version beside its place and puts it there, unless it is there."""
    artifact = model.artifact
    place = out / model.name / str(model_number(artifact))
    if place.exists():
        _check_same(place, artifact)
        return Exported(place, artifact.version, reused=True)
    place.parent.mkdir(exist_ok=True)
    aside = out / f".{model.name}.{place.name}"
    shutil.rmtree(aside, ignore_errors=True)  # of a run that was killed: we hold the lock
    try:
        shutil.copytree(artifact.path / "model", aside)
        (aside / EXTRA).mkdir(exist_ok=True)
        with tf.io.TFRecordWriter(str(aside / WARM_UP)) as records:
            for request in model.requests:
                records.write(_log(request).SerializeToString())
        write_json(aside / ORIGIN, artifact.manifest)
        aside.replace(place)
    except BaseException:
        shutil.rmtree(aside, ignore_errors=True)
        raise
    return Exported(place, artifact.version, reused=False)


def _log(request: predict_pb2.PredictRequest) -> prediction_log_pb2.PredictionLog:
    log = prediction_log_pb2.PredictLog(request=request)
    return prediction_log_pb2.PredictionLog(predict_log=log)


def _check_same(place: Path, artifact: Artifact) -> None:
    """Checks that a version's directory holds the files of an artefact.

    Raises:
        ValueError: It holds others.
    """
    for name, digest in artifact.manifest["files"].items():
        if name.startswith("model/"):
            path = place / name.removeprefix("model/")
            if not path.is_file() or sha256(path) != digest:
                raise ValueError(
                    f"{place}: expected the files of {artifact.path / 'model'}, got another "
                    f"{path.name} or none; delete it or export elsewhere"
                )


def _check_config(path: Path) -> None:
    """Checks that nobody else's configuration would be lost.

    Raises:
        ValueError: It would.
    """
    if path.exists() and not path.read_text(errors="replace").startswith(HEADER):
        raise ValueError(f"{path}: expected none, or one of `matinee export`; got another")


def _write_config(out: Path, mounted_at: Path) -> None:
    """Names all versions of all models; each says itself that it is one of ours."""
    config = model_server_config_pb2.ModelServerConfig()
    versions: dict[str, list[int]] = {}
    for origin in sorted(out.glob(f"*/*/{ORIGIN}")):
        place = origin.parents[1]
        versions.setdefault(place.parent.name, []).append(int(place.name))
    for name, numbers in versions.items():
        model = config.model_config_list.config.add(
            name=name, base_path=str(mounted_at / name), model_platform="tensorflow"
        )
        # Not the latest, which would be the largest: our numbers have no order.
        model.model_version_policy.specific.versions.extend(sorted(numbers))
    aside = out / f".{CONFIG}"
    aside.write_text(HEADER + text_format.MessageToString(config))
    aside.replace(out / CONFIG)
