import os
import subprocess
import sys

from serving.worker_environment import FOR_SMALL_REQUESTS, worker_environment

PROGRAM = """
import os, sys
from benchmarks.as_a_worker import become_a_worker
become_a_worker()
print(sys.argv[1:], os.environ["TF_NUM_INTRAOP_THREADS"])
"""


def test_a_program_goes_on_with_its_arguments_in_a_workers_environment():
    plain = {name: value for name, value in os.environ.items() if name not in FOR_SMALL_REQUESTS}
    for environment in (plain, worker_environment(plain)):
        command = [sys.executable, "-c", PROGRAM, "a", "--b"]
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
        assert done.stdout == "['a', '--b'] 1\n"
