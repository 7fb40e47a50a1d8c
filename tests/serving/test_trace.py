import grpc
import pytest

from serving.deadline import Deadline
from serving.errors import RequestError
from serving.trace import Trace


class Halve:
    def __call__(self, items):
        return items[: len(items) // 2]


def test_a_stage_is_counted():
    trace = Trace()
    assert trace.run(Halve(), [1, 2, 3, 4]) == [1, 2]
    (report,) = trace.reports
    assert (report.stage, report.items_in, report.items_out) == ("halve", 4, 2)


def test_a_stage_is_timed_by_the_given_clock():
    trace = Trace(iter([10.0, 10.25]).__next__)
    trace.run(Halve(), [1, 2])
    assert trace.reports[0].milliseconds == 250


def test_no_stage_begins_for_a_client_that_has_hung_up():
    deadline, trace = Deadline(), Trace()

    def path():
        trace.run(Halve(), [1, 2])
        deadline.cancel()
        trace.run(Halve(), [1, 2])

    with pytest.raises(RequestError) as caught:
        deadline.run(path)
    assert caught.value.code is grpc.StatusCode.CANCELLED
    assert len(trace.reports) == 1
