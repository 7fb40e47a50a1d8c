from schemas.config import ServeConfig
from serving.backends import backend_of
from serving.in_process import InProcess
from serving.tf_serving import TfServing


def test_models_run_in_process_unless_the_config_says_otherwise():
    assert isinstance(backend_of(ServeConfig()), InProcess)
    assert isinstance(backend_of(ServeConfig(backend="tf-serving://localhost:1")), TfServing)
