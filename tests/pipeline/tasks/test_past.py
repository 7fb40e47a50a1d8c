"""Statistics of an example's past: by hand and against plain Python."""

from __future__ import annotations

import math
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given

from pipeline.merge import ITEM_RATINGS, write_tables
from pipeline.splits.leave_one_out import LeaveOneOut
from pipeline.tasks import facts as facts_module
from pipeline.tasks.facts import load_facts
from pipeline.tasks.past import item_mean, past_statistics, widths
from tests.pipeline.profiles import FEW, ITEMS, People, people, profiles, shard_files
from tests.pipeline.tasks.build import CATALOGUE, GENRES, facts_of

NAN = float("nan")


@pytest.fixture
def files(tmp_path: Path) -> tuple[Path, Path]:
    """The catalogue, and ratings by which item n was rated n times with 4.0."""
    pq.write_table(pa.table(CATALOGUE), tmp_path / "catalogue.parquet")
    count = np.arange(len(ITEMS))
    ratings = {"item_id": list(ITEMS), "rating_count": count, "rating_sum": count * 4.0}
    pq.write_table(pa.table(ratings), tmp_path / "ratings.parquet")
    return tmp_path / "catalogue.parquet", tmp_path / "ratings.parquet"


def test_by_hand(files: tuple[Path, Path]) -> None:
    facts = load_facts(*files, ["genres", "language"])
    # b is x and y, c is y, d has no genre; b's language is unknown, c is French, d English.
    events = [("b", 5.0, 1), ("c", 2.0, 2), ("d", NAN, 3), ("", NAN, 0)]
    found = past_statistics(profiles({"u": events, "v": []}), facts)
    assert facts.values["genres"].names == ["x", "y", "z"]
    assert facts.values["language"].names == ["de", "en", "fr"]
    expected = {
        "history_count": [[3.0], [0.0]],
        "history_mean": [[3.5], [NAN]],
        "history_genres_count": [[1.0, 2.0, 0.0], [0.0, 0.0, 0.0]],
        "history_genres_mean": [[5.0, 3.5, NAN], [NAN, NAN, NAN]],
        "history_language_count": [[0.0, 1.0, 1.0], [0.0, 0.0, 0.0]],
        "history_language_mean": [[NAN, NAN, 2.0], [NAN, NAN, NAN]],
    }
    assert set(found) == set(expected)
    for name, values in expected.items():
        np.testing.assert_array_equal(found[name], np.array(values, np.float32), name)
    assert [*widths(facts.values).items()][2:] == [(n, len(v[0])) for n, v in expected.items()]


def test_item_mean_leaves_the_own_ratings_out(files: tuple[Path, Path]) -> None:
    facts = load_facts(*files, [])
    # Item 3 has three ratings of 4: sum 12. Without one of 1.0: 11 / 2; without 1.0 and 5.0: 6 / 1.
    # A rating that is not in train takes nothing away, and one that was not given neither.
    item = np.array([3, 3, 3, 3, 1, 0])
    ratings = np.array([[1.0, 5.0], [1.0, 5.0], [1.0, 5.0], [NAN, NAN], [4.0, NAN], [4.0, 4.0]])
    in_train = np.array([[1, 0], [1, 1], [0, 0], [1, 1], [1, 1], [0, 0]], bool)
    found = item_mean(facts, item, ratings, in_train)
    np.testing.assert_array_equal(found[:, 0], [5.5, 6.0, 4.0, 4.0, NAN, NAN])


@given(people())
def test_same_as_plain(events_of: People) -> None:
    batch = profiles(events_of)
    found = past_statistics(batch, facts_of(batch, LeaveOneOut(3)))
    for row, events in enumerate(events_of.values()):
        ratings = [rating for _, rating, _ in events if not math.isnan(rating)]
        assert found["history_count"][row] == len(events)
        np.testing.assert_allclose(found["history_mean"][row], mean(ratings), rtol=1e-6)
        for column, genre in enumerate("xyz"):
            inside = [event for event in events if genre in GENRES[ITEMS.index(event[0])]]
            ratings = [rating for _, rating, _ in inside if not math.isnan(rating)]
            assert found["history_genres_count"][row, column] == len(inside)
            np.testing.assert_allclose(
                found["history_genres_mean"][row, column], mean(ratings), rtol=1e-6
            )


def mean(ratings: list[float]) -> float:
    return sum(ratings) / len(ratings) if ratings else NAN


@FEW
@given(people())
def test_train_ratings_are_those_of_train(events_of: People) -> None:
    batch = profiles(events_of)
    with TemporaryDirectory() as name:
        directory = Path(name)
        write_tables(shard_files(batch, 2, directory), CATALOGUE, LeaveOneOut(3), directory)
        facts = load_facts(directory / "catalogue.parquet", directory / ITEM_RATINGS, ["genres"])
    assert facts.rating_sum.tolist() == facts_of(batch, LeaveOneOut(3)).rating_sum.tolist()
    for row, item in enumerate(ITEMS):
        ratings = [
            rating
            for events in events_of.values()
            for name, rating, _ in (events[:-2] if len(events) > 2 else events)
            if name == item and not math.isnan(rating)
        ]
        assert (facts.rating_count[row], facts.rating_sum[row]) == (len(ratings), sum(ratings))


@pytest.mark.parametrize(
    ("feature", "message"),
    [
        ("actors", r"expected some of \['item_id', 'genres', .*\], got 'actors'"),
        ("year", "expected a categorical feature, got 'year' of type float"),
        ("genres", "expected features of at most 2 values, got 'genres' with 3"),
    ],
)
def test_features_that_cannot_be_counted_by(
    files: tuple[Path, Path], feature: str, message: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(facts_module, "MOST_VALUES", 2)
    with pytest.raises(ValueError, match=f"prepare.statistics_features: {message}"):
        load_facts(*files, [feature])
