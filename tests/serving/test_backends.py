from schemas.artifacts import open_artifact
from schemas.config import ServeConfig
from serving.backends import backend_of
from serving.in_process import InProcess
from serving.tf_serving import TfServing


def test_calls_are_merged_if_the_config_says_so(run_dir):
    artifact = open_artifact(run_dir / "retrieval")
    assert backend_of(ServeConfig()).open(artifact, "retrieval")._batcher is None
    merging = backend_of(ServeConfig(max_batch=8)).open(artifact, "retrieval")
    assert merging._batcher._most_rows == 8


def test_models_run_in_process_unless_the_config_says_otherwise():
    assert isinstance(backend_of(ServeConfig()), InProcess)
    assert isinstance(backend_of(ServeConfig(backend="tf-serving://localhost:1")), TfServing)
