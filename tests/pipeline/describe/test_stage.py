"""The whole stage on prepared directories of a few events."""

import json
import re

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from pipeline.describe import events
from pipeline.describe.stage import describe
from schemas.artifacts import ROOT, build
from schemas.config import DescribeConfig
from tests.pipeline.describe.build import (
    GENDERS,
    ITEMS,
    NAN,
    PEOPLE,
    THURSDAY_NOON,
    card,
    write_prepared,
)

BY_DATA = {
    *("genres", "language", "title", "year", "gender"),
    *("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"),
}
"""Keys of the report that are names of the data or days."""


def described(tmp_path, prepared, config=DescribeConfig()):  # noqa: B008  it is frozen
    out = tmp_path / "out"
    out.mkdir(exist_ok=True)
    figures = describe(prepared, config, out)
    assert sorted(path.name for path in out.iterdir()) == ["report.html", "report.json"]
    return json.loads((out / "report.json").read_text()), figures


@pytest.fixture
def prepared(tmp_path):
    directory = tmp_path / "prepared"
    directory.mkdir()
    return write_prepared(directory, PEOPLE, ITEMS, card(), GENDERS)


@pytest.fixture(scope="module")
def report(tmp_path_factory):
    """Of the default settings, read back."""
    directory = tmp_path_factory.mktemp("prepared")
    prepared = write_prepared(directory, PEOPLE, ITEMS, card(), GENDERS)
    return described(tmp_path_factory.mktemp("described"), prepared)[0]


def test_counts(report):
    assert report["counts"] == {
        "users": 3,
        "items": 5,
        "events": 8,
        "items_without_events": 1,
        "rejected_rows": 2,
        "density": pytest.approx(8 / 15),
        "sparsity": pytest.approx(7 / 15),
    }
    assert (report["dataset"], report["prepared"]) == ("test", "0123456789ab")
    assert report["split"] == {"kind": "leave_one_out", "min_events": 3}


def test_every_part_is_of_all_events(report):
    # Worked by hand in the tests of each part.
    assert (report["items"]["gini"], report["items"]["owners_of_half"]) == (0.35, 2)
    # Ascending 1 3 4: 2 * (1 + 6 + 12) / (3 * 8) - 4 / 3.
    assert report["users"]["gini"] == 0.25
    assert report["users"]["percentiles"]["50"] == 3
    assert report["ratings"]["mean"] == 3.714286
    assert report["times"]["by_weekday"]["Thursday"] == 6
    # a and b of u1, b and c of u2, who ends with them.
    assert (report["ties"]["tied_events"], report["ties"]["users_tied_at_end"]) == (4, 1)
    assert report["categories"]["genres"]["listed"][0]["events"] == 5
    assert report["categories"]["language"]["values"] == 2
    missing = report["missing"]
    assert {name: row["missing"] for name, row in missing["items"].items()} == {
        "title": 0,
        "genres": 1,
        "language": 2,
        "year": 2,
    }
    # No year is known of b and d, with 2 and 1 of 8 events.
    assert missing["items"]["year"]["missing_event_share"] == 0.375
    assert missing["users"]["gender"]["missing_share"] == 0.333333
    assert report["matrix"]["filled_share"] == pytest.approx(8 / 15, abs=1e-6)
    assert [(item["item_id"], item["title"], item["events"]) for item in report["top_items"]] == [
        ("a", "A", 3),
        ("b", "B", 2),
        ("c", "C", 2),
        ("d", "D", 1),
    ]


def test_splits_and_drift(report):
    # train: a b | a | a; validation: c, b; fit: a b c | a b | a; test: d, c.
    noon, newest = "2020-01-02T12:00:00Z", "2020-02-11T12:00:00Z"
    assert [tuple(split.values()) for split in report["splits"].values()] == [
        (4, 2, 4.0, None, None),
        (6, 3, 3.8, noon, newest),
        (2, 2, 3.0, "2020-01-02T12:01:00Z", "2020-01-02T13:00:00Z"),
        (2, 2, 3.5, "2020-01-02T12:01:00Z", "2020-01-03T12:00:00Z"),
    ]
    found = report["drift"]["test"]
    # fit: a 3, b 2, c 1 of 6 are in the groups 3, 7 and 10; asked are c and the new d.
    shares = {group["group"]: group["share"] for group in found["popularity"]["groups"]}
    assert {name for name, share in shares.items() if share} == {"10", "new"}
    # As in test_distances.
    assert found["popularity"]["jensen_shannon"] == pytest.approx(0.854151, abs=1e-6)
    assert found["rating_mean_change"] == -0.3
    assert report["drift"]["validation"]["rating_mean_change"] == -1
    assert report["drift"]["validation"]["new_item_event_share"] == 0.5
    assert report["drift"]["validation"]["ratings"] is None


def test_batches_of_users_make_no_difference(tmp_path, prepared, report, monkeypatch):
    monkeypatch.setattr(events, "USERS_PER_BATCH", 1)
    assert described(tmp_path, prepared)[0] == report


def test_the_same_artefact_gives_the_same_files(tmp_path, prepared):
    pages = []
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        figures = describe(prepared, DescribeConfig(), tmp_path / name)
        pages.append((tmp_path / name / "report.html").read_bytes())
        assert figures["users"] == 3
        assert figures["drift"]["test"]["new_item_event_share"] == 0.5
    assert pages[0] == pages[1]


def test_settings_bound_the_lists(tmp_path, prepared):
    report, _ = described(
        tmp_path, prepared, DescribeConfig(top_items=2, top_values=1, matrix_cells=2)
    )
    assert [item["item_id"] for item in report["top_items"]] == ["a", "b"]
    assert [row["value"] for row in report["categories"]["genres"]["listed"]] == ["Drama"]
    assert report["categories"]["genres"]["values"] == 3
    assert (report["matrix"]["rows"], report["matrix"]["columns"]) == (2, 2)


def test_nothing_but_events(tmp_path):
    """No ratings, no times, nothing known of users or items."""
    directory = tmp_path / "prepared"
    directory.mkdir()
    people = {
        user: [(item, NAN, 0) for item in items]
        for user, items in (("u1", "abcd"), ("u2", "abc"), ("u3", "a"))
    }
    items = {item: {} for item in "abcde"}
    prepared = write_prepared(directory, people, items, card(False, {}, {}))
    report, _ = described(tmp_path, prepared)
    assert report["counts"]["events"] == 8
    assert report["ratings"] is report["times"] is report["ties"] is None
    assert report["categories"] == {}
    assert report["missing"] == {"items": {}, "users": {}}
    assert report["top_items"][0] == {
        "item_id": "a",
        "title": "",
        "events": 3,
        "event_share": 0.375,
    }
    assert report["drift"]["test"]["ratings"] is None
    assert report["drift"]["test"]["new_item_events"] == 1
    page = (tmp_path / "out" / "report.html").read_text()
    for sentence in ("Nothing is rated", "No time is known", "No item feature", "Neither items"):
        assert sentence in page


def test_one_user_with_one_event(tmp_path):
    directory = tmp_path / "prepared"
    directory.mkdir()
    people = {"u": [("a", 5.0, THURSDAY_NOON)]}
    prepared = write_prepared(directory, people, {"a": ITEMS["a"]}, card(), ("F",))
    report, figures = described(tmp_path, prepared)
    assert (report["counts"]["density"], report["items"]["gini"]) == (1.0, 0.0)
    assert report["ties"]["user_tied_at_end_share"] is None
    assert report["drift"] == figures["drift"] == {"validation": None, "test": None}
    assert report["splits"]["test"]["rating_mean"] is None
    assert "There is no request" in (tmp_path / "out" / "report.html").read_text()


@pytest.mark.parametrize("people", [{}, {"u": []}])
def test_without_events_nothing_is_written(tmp_path, people):
    directory = tmp_path / "prepared"
    directory.mkdir()
    prepared = write_prepared(directory, people, ITEMS, card(), ["F"] * len(people))
    with pytest.raises(
        ValueError, match=r"profiles\.parquet: expected users with events, got none"
    ):
        build(
            tmp_path / "describe",
            "describe",
            DescribeConfig(),
            {},
            [],
            lambda out: describe(prepared, DescribeConfig(), out),
        )
    assert list((tmp_path / "describe").iterdir()) == []


def test_an_item_outside_the_catalogue_is_named(tmp_path, prepared):
    table = pq.read_table(prepared.path / "test.parquet")
    at = table.schema.get_field_index("target_item_id")
    changed = table.set_column(at, "target_item_id", pa.array(["d", "q"]))
    pq.write_table(changed, prepared.path / "test.parquet")
    with pytest.raises(ValueError, match=r"test\.parquet: expected items of catalogue.*'q'"):
        describe(prepared, DescribeConfig(), tmp_path)


def test_progress_is_told(tmp_path, prepared):
    (tmp_path / "out").mkdir()
    told: list[tuple[str, int, int]] = []
    describe(prepared, DescribeConfig(), tmp_path / "out", lambda *step: told.append(step))
    assert told[0] == ("events of 3 users", 0, 4)
    assert [done for _, done, _ in told] == [0, 1, 2, 3, 4]


def test_every_number_of_the_report_is_explained(report):
    explained = set(re.findall(r"`(\w+)`", (ROOT / "docs" / "describe.md").read_text()))
    # The split is explained where it is made.
    assert keys(report | {"split": None}) - BY_DATA - explained == set()


def keys(value):
    if isinstance(value, list):
        return set().union(*(keys(one) for one in value))
    if not isinstance(value, dict):
        return set()
    named = {key for key in value if not key.isdigit()}
    return named.union(*(keys(one) for one in value.values()))
