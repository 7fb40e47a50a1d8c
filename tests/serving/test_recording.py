import pytest

from serving.catalogue import Catalogue
from serving.errors import RequestError
from serving.event_store.sqlite import SqliteEvents
from serving.event_validation import EventValidator
from serving.recording import Recording, Tally
from tests.serving.build import CARD, write_catalogue
from tests.serving.event_store.build import read
from tests.serving.test_event_validation import ITEMS, event


@pytest.fixture
def store(tmp_path):
    opened = SqliteEvents(tmp_path / "events.sqlite")
    yield opened
    opened.close()


@pytest.fixture
def recording(tmp_path, store):
    catalogue = Catalogue(write_catalogue(tmp_path, ITEMS), CARD)
    return Recording(EventValidator(CARD, catalogue, store.holds), store)


def test_batches_add_up(recording, store):
    tally = recording.record([event(event_id="e1"), event(event_id="e2", item_id="b")], Tally())
    assert tally == Tally(recorded=2, known=0)
    tally = recording.record([event(event_id="e2"), event(event_id="e3", item_id="c")], tally)
    assert tally == Tally(recorded=3, known=1)
    assert [item_id for item_id, _, _ in read(store, "u")] == ["a", "b", "c"]


def test_events_before_a_fault_are_recorded(recording, store):
    batch = [event(event_id="e1"), event(event_id="e2", item_id="z"), event(event_id="e3")]
    with pytest.raises(RequestError) as caught:
        recording.record(batch, Tally(recorded=6, known=1))
    assert str(caught.value) == (
        "events[8].item_id: expected an item of the catalogue, got 'z'; "
        "the 8 events before it are recorded"
    )
    assert len(read(store, "u")) == 1


def test_a_fault_at_once(recording, store):
    with pytest.raises(RequestError, match=r"^events\[0\]\.item_id: .*the 0 events before it are"):
        recording.record([event(item_id="z")], Tally())
    assert read(store, "u") == []


def test_a_stream_sent_again_when_its_item_is_gone(tmp_path, recording, store):
    stream = [event(event_id="e1"), event(event_id="e2", item_id="b")]
    recording.record(stream, Tally())
    smaller = Catalogue(write_catalogue(tmp_path, ITEMS[1:3]), CARD)
    later = Recording(EventValidator(CARD, smaller, store.holds), store)
    again = later.record([*stream, event(event_id="e3", item_id="c")], Tally())
    assert again == Tally(recorded=1, known=2)
    assert [item_id for item_id, _, _ in read(store, "u")] == ["a", "b", "c"]
    with pytest.raises(RequestError, match=r"^events\[2\]\.item_id: .*the 2 events before it are"):
        later.record([*stream, event(event_id="e4"), event(event_id="e5", item_id="d")], Tally())
