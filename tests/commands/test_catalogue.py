import json

import pytest
from typer.testing import CliRunner

from commands.catalogue import batches, read_items
from matinee import app


def test_items_of_json_lines(file):
    film = {"item_id": "a", "title": "Ça", "genres": ["Drama", "War"], "year": 1990, "shot": None}
    assert read_items(file(json.dumps(film), "", '{"item_id": "b"}')) == {
        "a": {"title": ["Ça"], "genres": ["Drama", "War"], "year": ["1990"]},
        "b": {},
    }


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("{", "line 2: expected JSON, got"),
        ("[]", 'line 2: expected an object with a text "item_id"'),
        ('{"item_id": 7}', 'line 2: expected an object with a text "item_id"'),
        ('{"item_id": "b", "year": true}', "line 2: year: expected a text, a number or a list"),
        ('{"item_id": "b", "year": {"a": 1}}', "line 2: year: expected a text, a number or a list"),
        ('{"item_id": "a"}', "line 2: expected each item once: 'a'"),
    ],
)
def test_a_line_that_is_no_item(file, line, message):
    with pytest.raises(ValueError, match=message):
        read_items(file('{"item_id": "a"}', line))


@pytest.mark.parametrize("lines", [[], ["", "  "]])
def test_a_file_without_items(file, lines):
    path = file(*lines)
    upserted = CliRunner().invoke(app, ["items", "upsert", str(path), "--server", "127.0.0.1:1"])
    assert isinstance(upserted.exception, ValueError)  # before a server is asked
    assert str(upserted.exception) == f"{path}: expected a JSON line for each item, got none"


def test_batches_are_as_large_as_may_be():
    items = {f"i{n}": {"title": ["x" * 100]} for n in range(10)}
    assert [len(batch) for batch in batches(items, 4, 10_000)] == [4, 4, 2]
    # 2 bytes of id, 5 of the name, 8 and 104 of the value: 119 for each item.
    assert [len(batch) for batch in batches(items, 100, 360)] == [3, 3, 3, 1]
    assert {key for batch in batches(items, 4, 360) for key in batch} == set(items)
    assert list(batches({}, 4, 360)) == []
