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
        "try:\n"
        "    import scann.scann_ops.py.scann_ops\n"
        "except ImportError:\n"
        "    import scann\n"
        "    assert scann.scann_ops_pybind\n"
        "else:\n"
        "    sys.exit('the TensorFlow op was loaded')\n"
    )
    assert result.returncode == 0, result.stderr
    assert result.stderr == ""


def test_what_is_no_notice_is_still_shown():
    result = run(
        "import os\n"
        "os.environ['TF_CPP_MIN_LOG_LEVEL'] = '0'\n"
        "import schemas.tf_runtime as runtime\n"
        "shown = [b'E0000 00:00 x.cc:1] out of memory\\n', b'Traceback\\n']\n"
        "assert not any(runtime.START_UP_NOTICE.match(line) for line in shown)\n"
        "assert runtime.START_UP_NOTICE.match(b'I0000 00:00:1 port.cc:153] oneDNN\\n')\n"
    )
    assert result.returncode == 0, result.stderr
