import json

import pytest
from typer.testing import CliRunner

from commands.events import read_events
from matinee import app
from tests.serving.conftest import running_server


def test_events_of_json_lines(file):
    whole = {"event_id": "a", "user_id": "u", "item_id": "i", "rating": 0.5, "timestamp": 7}
    (one, first), (three, second) = read_events(file(json.dumps(whole), "", '{"event_id": "b"}'))
    assert {name: getattr(first, name) for name in whole} == whole
    assert (one, three, second.event_id) == (1, 3, "b")
    assert not second.HasField("rating")


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("{", "expected JSON, got "),
        ("[]", r"expected an object of event_id, user_id, item_id, rating, timestamp, got \[\]"),
        ('{"eventId": "b"}', "expected an object of event_id, "),
        ('{"event_id": 7}', ".*event_id"),
        ('{"rating": "good"}', ".*rating"),
    ],
)
def test_a_line_that_is_no_event(file, line, told):
    with pytest.raises(ValueError, match=f"lines.jsonl, line 2: {told}"):
        list(read_events(file('{"event_id": "a"}', line)))


@pytest.mark.parametrize("lines", [[], ["", "  "]])
def test_a_file_without_events(file, lines):
    with pytest.raises(ValueError, match=r"lines.jsonl: expected a JSON line for each event"):
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
            command = ["events", "record", str(file("", *lines[:upto])), "--server", server.target]
            return CliRunner().invoke(app, command)

        assert record(3).output == "3 recorded, 0 already known\n"
        assert record(5).output == "2 recorded, 3 already known\n"
        failed = str(record(6).exception)
        late = CliRunner().invoke(app, ["events", "record", str(file(*lines, "[]"))])
    told = "lines.jsonl, line 7: item_id: expected an item of the catalogue, got 'nothing'"
    assert failed.endswith(f"{told}; 5 events before it are recorded")
    assert "line 7: expected an object" in str(late.exception)  # before a server is asked
