import os

import numpy as np
import pytest

from evaluation.own_process import call, measured, peak_mib

HERE = "tests.evaluation.test_own_process"


def squares(numbers, fill_mib=0):
    print("squares of", numbers)
    filled, spent = measured(lambda: np.ones(fill_mib * 2**17))
    return {
        "squares": [number**2 for number in numbers],
        "process": os.getpid(),
        "peak_mib": spent.peak_mib,
        "filled": len(filled),
    }


def refuse(number):
    raise ValueError(f"number: expected none, got {number}")


def test_what_a_process_of_its_own_returns_and_says():
    said = []
    found = call(f"{HERE}:squares", {"numbers": [1, 2, 3]}, said.append)
    assert found["squares"] == [1, 4, 9]
    assert found["process"] != os.getpid()
    assert said == ["squares of [1, 2, 3]"]


def test_memory_is_that_of_the_call_and_not_of_who_called():
    ballast = np.ones(2**25)  # 256 MiB here, which must not be counted there
    small = call(f"{HERE}:squares", {"numbers": []})["peak_mib"]
    large = call(f"{HERE}:squares", {"numbers": [], "fill_mib": 100})["peak_mib"]
    assert 95 < large - small < 140
    assert small < peak_mib() and len(ballast)


def test_a_failure_says_what_went_wrong():
    with pytest.raises(RuntimeError, match=r"(?s)refuse ended with 1:.*expected none, got 7"):
        call(f"{HERE}:refuse", {"number": 7})
