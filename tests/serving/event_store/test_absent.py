import grpc
import pytest

from serving.errors import RequestError
from serving.event_store.absent import AbsentEvents
from tests.serving.event_store.build import NAN, events


def test_nothing_is_there_and_nothing_is_taken():
    store = AbsentEvents()
    assert [len(history) for history in store.read(["u", "v"], 10)] == [0, 0]
    assert store.holds(["e", "f"]).tolist() == [False, False]
    with pytest.raises(RequestError, match="records no events") as caught:
        store.append(events(("e", "u", "a", NAN, 1)))
    assert caught.value.code is grpc.StatusCode.FAILED_PRECONDITION
    store.close()
