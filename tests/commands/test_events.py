import json

import pytest
from typer.testing import CliRunner

from commands.events import read_events
from matinee import app
from tests.serving.conftest import running_server


@pytest.fixture
def file(tmp_path):
    """Function: a file of some lines."""

    def write(*lines):
        path = tmp_path / "events.jsonl"
        path.write_text("\n".join(lines))
        return path

    return write


def test_events_of_json_lines(file):
    whole = {"event_id": "a", "user_id": "u", "item_id": "i", "rating": 0.5, "timestamp": 7}
    first, second = read_events(file(json.dumps(whole), "", '{"event_id": "b"}'))
    assert {name: getattr(first, name) for name in whole} == whole
    assert second.event_id == "b"
    assert not second.HasField("rating")


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("{", "Failed to load JSON"),
        ('{"event": "b"}', 'no field named "event"'),
        ('{"event_id": 7}', "event_id"),
        ('{"rating": "good"}', "rating"),
    ],
)
def test_a_line_that_is_no_event(file, line, told):
    with pytest.raises(ValueError, match=f"events.jsonl, line 2: expected an event, .*{told}"):
        list(read_events(file('{"event_id": "a"}', line)))


@pytest.mark.parametrize("lines", [[], ["", "  "]])
def test_a_file_without_events(file, lines):
    with pytest.raises(ValueError, match=r"events.jsonl: expected a JSON line for each event"):
        list(read_events(file(*lines)))


@pytest.mark.slow
def test_a_file_is_recorded_in_streams_that_a_server_takes(run_dir, tmp_path, file):
    (tmp_path / "config.toml").write_text("[serve]\nmax_events = 4\n")
    options = ["--config", str(tmp_path / "config.toml"), "--profiles", f"sqlite:{tmp_path}/events"]
    items = ("1", "2", "3", "4", "5", "nothing")
    lines = [
        json.dumps({"event_id": f"e{n}", "user_id": "of a file", "item_id": item})
        for n, item in enumerate(items)
    ]
    with running_server(run_dir, tmp_path / "log", *options) as server:

        def record(upto):
            command = ["events", "record", str(file(*lines[:upto])), "--server", server.target]
            return CliRunner().invoke(app, command)

        assert record(3).output == "3 recorded, 0 known before\n"
        assert record(5).output == "2 recorded, 3 known before\n"
        failed = str(record(6).exception)
    assert "events.jsonl, after 4 events: INVALID_ARGUMENT: events[1].item_id: expected" in failed
