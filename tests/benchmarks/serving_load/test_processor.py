import os
import subprocess
import sys

from benchmarks.serving_load.processor import stage_milliseconds, used_seconds
from benchmarks.viewers import users_with_history

BURN = """
import time
while time.process_time() < 0.3:
    pass
print("burnt", flush=True)
input()
"""
PARENT = "import subprocess, sys; subprocess.run([sys.executable, '-c', sys.argv[1]])"


def test_what_a_process_and_its_children_used():
    pipe = subprocess.PIPE
    with subprocess.Popen(
        [sys.executable, "-c", PARENT, BURN], stdin=pipe, stdout=pipe, text=True
    ) as process:
        assert process.stdout.readline() == "burnt\n"
        assert 0.3 <= used_seconds(process.pid) < 3
        process.communicate("\n")


def test_this_process_has_used_what_it_says():
    times = os.times()
    assert used_seconds(os.getpid()) >= times.user + times.system - 0.02


def test_processor_time_by_stage(run_dir):
    users = users_with_history(run_dir, 1)
    found = stage_milliseconds(run=str(run_dir), viewers=[[user] for user in users[:20]])
    stages = {"resolve", "filter", "encode", "retrieve", "rank", "respond"}
    assert set(found) == stages | {"other"}
    assert found["rank"] > found["respond"] > 0
    assert found["other"] > 0
