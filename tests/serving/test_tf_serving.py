"""The client of PredictionService, against the test server in a process of its own."""

import dataclasses
import time

import grpc
import numpy as np
import pytest
from tensorflow_serving.apis import get_model_status_pb2

from schemas import columns
from schemas.artifacts import open_artifact
from schemas.config import ServeConfig
from serving.backend import QueryEncoder, Ranker
from serving.deadline import Deadline
from serving.errors import BackendError, RequestError
from serving.profiles import unknown_profile
from serving.tf_serving import TfServing
from serving.tf_serving_export import recorded, write_models
from tests.serving.model_servers import RANKING, RETRIEVAL, Faults, model_server

EXPECTED = r"serving_default: expected rating float32 \[1, 12, 2\]"
State = get_model_status_pb2.ModelVersionStatus.State


@pytest.fixture(scope="module")
def exported(run_dir, tmp_path_factory):
    out = tmp_path_factory.mktemp("exported")
    write_models(recorded(run_dir, ServeConfig()), out)
    return out


@pytest.fixture(scope="module")
def all_faults(tmp_path_factory):
    return Faults(tmp_path_factory.mktemp("faults") / "faults.json")


@pytest.fixture(scope="module")
def target(exported, all_faults):
    with model_server(exported, all_faults) as target:
        yield target


@pytest.fixture
def faults(all_faults):
    yield all_faults
    all_faults.clear()


@pytest.fixture(scope="module")
def config(target):
    return ServeConfig(backend=f"tf-serving://{target}", backend_start_seconds=1.0)


@pytest.fixture(scope="module")
def opened(run_dir, bundle):
    """Function: encoder and ranker of the run over what a config says."""

    def open_models(config):
        run = {stage: open_artifact(run_dir / stage) for stage in ("retrieval", "ranking")}
        rest = bundle.card, bundle.catalogue, TfServing(config)
        return QueryEncoder(run["retrieval"], *rest), Ranker(run["ranking"], *rest)

    return open_models


@pytest.fixture(scope="module")
def models(opened, config):
    return opened(config)


@pytest.fixture(scope="module")
def viewers(bundle, users):
    return [bundle.profiles.get(user) for user in users[:2]]


def rank(models, bundle, viewers):
    rows = np.arange(12)
    retrieval = bundle.retriever.score(bundle.encoder.encode(viewers), rows).T
    return models[1].rank(viewers, rows, retrieval)


def assert_same(got, expected):
    for name, value in expected._asdict().items():
        np.testing.assert_allclose(getattr(got, name), value, rtol=1e-5, atol=1e-5, err_msg=name)


@pytest.mark.parametrize("count", [1, 2])
def test_it_answers_as_the_models_in_process_do(models, bundle, viewers, count):
    asked = viewers[:count]
    vectors = models[0].encode(asked)
    np.testing.assert_allclose(vectors, bundle.encoder.encode(asked), rtol=1e-5, atol=1e-5)
    assert_same(rank(models, bundle, asked), rank((None, bundle.ranker), bundle, asked))
    rows = np.arange(5)
    retrieval = bundle.retriever.score(vectors, rows).T
    assert_same(
        models[1].explain(asked, rows, retrieval), bundle.ranker.explain(asked, rows, retrieval)
    )


def test_a_viewer_without_history(models, bundle, viewers):
    asked = [unknown_profile(bundle.card), viewers[0]]
    vectors = models[0].encode(asked)
    np.testing.assert_allclose(vectors, bundle.encoder.encode(asked), rtol=1e-5, atol=1e-5)
    assert_same(rank(models, bundle, asked), rank((None, bundle.ranker), bundle, asked))


def test_the_models_say_that_they_are_there(models):
    for model in models:
        model.model.check()


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ("missing", rf"{EXPECTED}, got none"),
        ("shape", rf"{EXPECTED}, got float32 \[1, 11, 2\]"),
        ("dtype", rf"{EXPECTED}, got int64 \[1, 12, 2\]"),
        ("garbled", "expected rating as a tensor, got none"),
    ],
)
def test_an_output_that_is_not_what_it_should_be(models, bundle, viewers, faults, wrong, message):
    faults.set(**{RANKING: {"outputs": {"rating": wrong}}})
    with pytest.raises(BackendError, match=rf"^{RANKING} \d+: {message}$") as caught:
        rank(models, bundle, viewers)
    assert caught.value.code is grpc.StatusCode.INTERNAL
    faults.clear()
    rank(models, bundle, viewers)


def test_an_output_that_is_no_number(models, bundle, viewers, faults):
    faults.set(**{RANKING: {"outputs": {"rating": "nan"}}})
    with pytest.raises(BackendError, match="expected finite numbers, got rating with NaN"):
        rank(models, bundle, viewers)


def test_an_answer_of_another_version(models, viewers, faults):
    faults.set(**{RETRIEVAL: {"another_version": 1}})
    with pytest.raises(BackendError, match="expected an answer of this version, got one of"):
        models[0].encode(viewers)


def test_a_busy_server_is_asked_again(models, viewers, faults):
    expected = models[0].encode(viewers)
    faults.set(**{RETRIEVAL: {"unavailable": 2}})
    np.testing.assert_array_equal(models[0].encode(viewers), expected)
    faults.set(**{RETRIEVAL: {"unavailable": 3}})
    with pytest.raises(BackendError, match="does not answer") as caught:
        models[0].encode(viewers)
    assert caught.value.code is grpc.StatusCode.UNAVAILABLE
    np.testing.assert_array_equal(models[0].encode(viewers), expected)


@pytest.mark.parametrize(
    ("code", "seen"),
    [
        ("RESOURCE_EXHAUSTED", "RESOURCE_EXHAUSTED"),
        ("NOT_FOUND", "UNAVAILABLE"),
        ("INVALID_ARGUMENT", "INTERNAL"),
        ("INTERNAL", "INTERNAL"),
    ],
)
def test_other_codes_are_not_tried_again(models, viewers, faults, code, seen):
    # Were it tried again, the second call would wait a second.
    faults.set(**{RETRIEVAL: {"code": code}})
    with pytest.raises(BackendError) as caught:
        models[0].encode(viewers)
    assert caught.value.code.name == seen
    # What the model server says may quote the request, so it is not passed on.
    assert "refused" not in str(caught.value)
    assert str(caught.value).startswith(RETRIEVAL)


def test_a_slow_server_does_not_hold_a_request(opened, config, viewers, faults):
    encoder, _ = opened(dataclasses.replace(config, backend_seconds=0.3))
    faults.set(**{RETRIEVAL: {"sleep": 3}})
    started = time.monotonic()
    with pytest.raises(BackendError, match=r"no answer within 0\.3 s") as caught:
        encoder.encode(viewers)
    assert caught.value.code is grpc.StatusCode.DEADLINE_EXCEEDED
    assert 0.3 <= time.monotonic() - started < 1.5
    faults.clear()
    encoder.encode(viewers)


def test_the_request_s_own_deadline_counts_if_it_is_shorter(models, viewers, faults):
    faults.set(**{RETRIEVAL: {"sleep": 3}})
    started = time.monotonic()
    with pytest.raises(BackendError) as caught:
        Deadline(0.2).run(models[0].encode, viewers)
    assert caught.value.code is grpc.StatusCode.DEADLINE_EXCEEDED
    assert time.monotonic() - started < 1.5
    late = Deadline(60)
    late.cancel()
    with pytest.raises(RequestError) as caught:
        late.run(models[0].encode, viewers)
    assert caught.value.code is grpc.StatusCode.CANCELLED


def test_tries_end_with_the_deadline(opened, config, viewers, faults):
    encoder, _ = opened(dataclasses.replace(config, backend_seconds=0.3, backend_tries=1_000))
    faults.set(**{RETRIEVAL: {"unavailable": 1_000}})
    started = time.monotonic()
    # The last try may be the one that is cut short.
    with pytest.raises(BackendError, match=r"does not answer|no answer within 0\.3 s"):
        encoder.encode(viewers)
    assert time.monotonic() - started < 1.5


def test_a_model_that_is_being_loaded_is_not_there(models, faults):
    faults.set(**{RANKING: {"state": State.LOADING}})
    with pytest.raises(BackendError, match=r"expected it AVAILABLE, got \['LOADING'\]"):
        models[1].model.check()
    models[0].model.check()


def test_a_version_that_is_not_served(run_dir, config):
    artifact = open_artifact(run_dir / "retrieval")
    files = {**artifact.manifest["files"], "another": "file"}
    other = dataclasses.replace(artifact, manifest={**artifact.manifest, "files": files})
    with pytest.raises(ConnectionError, match="the model server does not have this version"):
        TfServing(config).open(other, "retrieval")


def test_no_server(run_dir):
    config = ServeConfig(backend="tf-serving://127.0.0.1:1", backend_start_seconds=0.3)
    expected = r"^tf-serving://127\.0\.0\.1:1: matinee_retrieval \d+: the model server does not ans"
    with pytest.raises(ConnectionError, match=expected):
        TfServing(config).open(open_artifact(run_dir / "retrieval"), "retrieval")


def test_a_model_without_an_output_is_refused_when_it_is_opened(opened, config, faults):
    faults.set(**{RANKING: {"without_outputs": ["watch_next"]}})
    with pytest.raises(ValueError, match="expected the output watch_next float32, got event int64"):
        opened(config)


def test_a_server_that_goes_and_comes_back(exported, opened, bundle, viewers, tmp_path):
    faults = Faults(tmp_path / "faults.json")
    with model_server(exported, faults) as target:
        config = ServeConfig(backend=f"tf-serving://{target}", backend_start_seconds=5.0)
        encoder, _ = opened(config)
        expected = encoder.encode(viewers)
    started = time.monotonic()
    with pytest.raises(BackendError, match="does not answer") as caught:
        encoder.encode(viewers)
    assert caught.value.code is grpc.StatusCode.UNAVAILABLE
    assert time.monotonic() - started < 1.5
    with pytest.raises(BackendError, match="does not answer"):
        encoder.model.check()
    with model_server(exported, faults, port=int(target.rpartition(":")[2])):
        ends = time.monotonic() + 10
        while True:
            try:
                encoder.model.check()
                break
            except BackendError:
                assert time.monotonic() < ends
                time.sleep(0.1)
        np.testing.assert_array_equal(encoder.encode(viewers), expected)


def test_the_models_say_what_they_take_and_give(models):
    _, ranker = models
    assert ranker.model.specs["explain"].outputs[columns.EVENT] == np.int64
    inputs = ranker.model.specs["serving_default"].inputs
    assert inputs[columns.HISTORY_ITEM_ID] == np.dtype(object)
