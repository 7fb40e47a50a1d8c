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


LOUD_IMPORT = """
import os, sys
def write(event, arguments):
    if event == "import" and arguments[0] == "tensorflow":
        os.write(2, b"I0000 00:00:1 port.cc:153] oneDNN\\n"
                    b"E0000 00:00:2 x.cc:1] out of memory\\n"
                    b"E0000 00:00:3 cuda.cc:1] failed call to cuInit\\n"
                    b"Traceback\\n")
        {then}
sys.addaudithook(write)
import schemas.tf_runtime
os.write(2, b", written later")
"""
"""TensorFlow's import, with what a machine in trouble would write."""


def test_what_is_no_notice_is_shown_once_and_in_order():
    result = run(LOUD_IMPORT.format(then="pass"))
    assert result.returncode == 0, result.stderr
    assert result.stderr == "E0000 00:00:2 x.cc:1] out of memory\nTraceback\n, written later"


def test_a_failing_import_shows_what_was_written_and_why_it_failed():
    result = run(LOUD_IMPORT.format(then="raise OSError('no such device')"))
    assert result.returncode != 0
    assert result.stderr.startswith("E0000 00:00:2 x.cc:1] out of memory\nTraceback\n")
    assert "OSError: no such device" in result.stderr
    assert "oneDNN" not in result.stderr
