import numpy as np
import pytest

from benchmarks.serving_load.k6 import Load
from benchmarks.serving_load.sustained import FIRST_RATE, PRECISION, confirmed, highest_rate, holds


def answered(milliseconds, failed=0, dropped=0):
    return Load(np.array(milliseconds), {}, failed, dropped, len(milliseconds))


class Planted:
    """A server that is too slow from a rate on."""

    def __init__(self, capacity):
        self.capacity = capacity
        self.asked = []

    def __call__(self, rate):
        self.asked.append(rate)
        return answered([5.0 if rate <= self.capacity else 80.0])


@pytest.mark.parametrize("capacity", [FIRST_RATE, 20.0, 250.0, 1_000.0])
def test_the_highest_rate_is_found_to_its_precision(capacity):
    server = Planted(capacity)
    rate = highest_rate(server)
    assert capacity / PRECISION <= rate <= capacity
    assert len(server.asked) <= 14


def test_no_rate_is_held_by_a_server_that_is_slow_from_the_first():
    server = Planted(FIRST_RATE - 1)
    assert highest_rate(server) == 0
    assert server.asked == [FIRST_RATE]


def test_a_rate_is_lowered_until_it_holds_for_longer():
    server = Planted(200.0)
    rate, load = confirmed(server, 215.0)
    assert rate == 215.0 / PRECISION**2
    assert holds(load)
    assert confirmed(Planted(1.0), FIRST_RATE)[0] == 0


def test_what_a_server_must_do_to_hold_a_rate():
    assert holds(answered([50.0]))
    assert not holds(answered([50.1]))
    assert not holds(answered([5.0], failed=1))
    assert not holds(answered([5.0], dropped=1))
    assert not holds(answered([]))
