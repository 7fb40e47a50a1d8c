"""In fresh processes, because importing is what is tested."""

import subprocess
import sys

import pytest


def run(code):
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)


@pytest.mark.parametrize("name", ["scann", "tensorflow_recommenders"])
def test_coming_too_late_is_an_error(name):
    result = run(f"import sys; sys.modules[{name!r}] = sys; import schemas.tf_runtime")
    assert result.returncode != 0
    assert "import schemas.tf_runtime before tensorflow_recommenders and scann" in result.stderr


def test_the_process_is_prepared():
    result = run(
        "import os, sys, schemas.tf_runtime\n"
        "assert os.environ['TF_USE_LEGACY_KERAS'] == '1'\n"
        "assert os.environ['KERAS_BACKEND'] == 'tensorflow'\n"
        "assert 'tensorflow' not in sys.modules\n"
        "try:\n"
        "    import scann.scann_ops.py.scann_ops\n"
        "except ImportError:\n"
        "    import scann\n"
        "    assert scann.scann_ops_pybind\n"
        "else:\n"
        "    sys.exit('the TensorFlow op was loaded')\n"
    )
    assert result.returncode == 0, result.stderr
