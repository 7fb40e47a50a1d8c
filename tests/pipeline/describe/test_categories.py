import numpy as np
import pyarrow as pa

from pipeline.describe.categories import categories, category_shares

EVENTS = np.array([3, 2, 2, 1, 0])


def lists(*values):
    return pa.array(values, pa.list_(pa.string()))


def test_worked_by_hand():
    genres = categories(lists(["Drama", "Comedy"], ["Drama"], [], ["Comedy"], ["Noir"]))
    found = category_shares(genres, EVENTS, 20)
    assert found["values"] == 3
    # Drama: items 0 and 1 with 3 + 2 events of 8; Comedy: items 0 and 3 with 3 + 1.
    assert [tuple(row.values()) for row in found["listed"]] == [
        ("Drama", 2, 0.4, 5, 0.625),
        ("Comedy", 2, 0.4, 4, 0.5),
        ("Noir", 1, 0.2, 0, 0.0),
    ]


def test_single_values_and_missing_ones():
    found = category_shares(categories(pa.array(["en", "en", "fr", "", None])), EVENTS, 1)
    assert found == {
        "values": 2,
        "listed": [
            {"value": "en", "items": 2, "item_share": 0.4, "events": 5, "event_share": 0.625}
        ],
    }


def test_a_value_twice_in_an_item_counts_once():
    found = categories(lists(["b", "a", "b"], ["", "a"], [], [], []))
    assert found.values == ["a", "b"]
    assert found.count(np.ones(5, np.int64)).tolist() == [2, 1]
    assert found.count(EVENTS).tolist() == [5, 3]


def test_equal_values_are_listed_by_name():
    found = category_shares(categories(pa.array(["z", "y", "x"])), np.array([1, 1, 1]), 3)
    assert [row["value"] for row in found["listed"]] == ["x", "y", "z"]


def test_no_item_has_a_value():
    found = categories(lists([], [], [], [], []))
    assert category_shares(found, EVENTS, 20) == {"values": 0, "listed": []}
    assert found.count(EVENTS).tolist() == []
