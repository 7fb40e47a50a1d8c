import numpy as np
import pytest

from pipeline.describe.categories import Categories
from pipeline.describe.drift import drift, popularity_groups
from pipeline.describe.ratings import RatingCounts
from pipeline.describe.splits import SplitCounts
from schemas.cards import RatingScale

NOTHING = SplitCounts(np.zeros(4, np.int64), None)


def split(items, ratings=()):
    counts = RatingCounts(RatingScale(0.0, 100.0))
    counts.add(np.array(ratings, np.float32))
    return SplitCounts(np.array(items), counts.mean, counts)


def compared(fitted, asked, categories=None, seed=1):
    splits = {"train": NOTHING, "validation": NOTHING, "fit": fitted, "test": asked}
    return drift(splits, categories or {}, seed)["test"]


def test_groups_hold_about_a_tenth_of_the_events_each():
    # Events 30 20 ... in order of popularity: the middles of the items lie at 15, 40, 55, 75 and
    # 95 of 100, so they are in the groups 2, 5, 6, 8 and 10; what nobody had comes last.
    groups = popularity_groups(np.array([20, 0, 30, 10, 30, 10]))
    # Items 2 and 4 have 30 each (middles 15, 45), then 0 (70), then 3 and 5 (85, 95).
    names = [groups.values[code] for code in groups.code]
    assert names == ["8", "new", "2", "9", "5", "10"]


def test_new_items():
    found = compared(split([3, 2, 1, 0]), split([0, 0, 1, 3]))
    assert (found["reference"], found["new_items"], found["new_item_events"]) == ("fit", 1, 3)
    assert found["new_item_event_share"] == 0.75
    last = found["popularity"]["groups"][-1]
    assert last == {"group": "new", "items": 1, "reference_share": 0.0, "share": 0.75}


def test_what_is_drawn_alike_is_no_drift_and_what_is_not_is():
    fitted = split([4_000, 3_000, 2_000, 1_000])
    alike = compared(fitted, split([405, 295, 203, 97]))["popularity"]
    other = compared(fitted, split([97, 203, 295, 405]))["popularity"]
    assert alike["jensen_shannon"] < alike["by_chance"]
    assert other["jensen_shannon"] > 2 * other["by_chance"]


def test_ratings():
    fitted, asked = split([3, 1, 0, 0], [1, 2, 3, 4]), split([1, 1, 0, 0], [5, 5])
    found = compared(fitted, asked)
    assert found["rating_mean_change"] == 2.5
    assert found["ratings"]["jensen_shannon"] == 1
    # So many different ratings are compared by bins of 5: 0 to 59 beside 0 to 59 is the same.
    many = split([60, 0, 0, 0], np.arange(60))
    assert compared(many, many)["ratings"]["jensen_shannon"] == 0
    assert compared(many, split([1, 1, 0, 0], [99, 98]))["ratings"]["jensen_shannon"] == 1


@pytest.mark.parametrize("name", ["fitted", "asked"])
def test_without_ratings_there_is_no_distance(name):
    rated, unrated = split([1, 1, 0, 0], [1, 2]), split([1, 1, 0, 0], [np.nan, np.nan])
    found = compared(*((unrated, rated) if name == "fitted" else (rated, unrated)))
    assert found["ratings"] is None
    assert found["rating_mean_change"] is None


def test_categories():
    # Items 0 and 1 are x, item 1 and 2 are y, item 3 is nothing.
    feature = Categories(["x", "y"], np.array([0, 1, 1, 2]), np.array([0, 0, 1, 1]))
    found = compared(split([3, 1, 0, 1]), split([0, 1, 1, 0]), {"genres": feature})
    # Before: 4 of 5 mentions are x; now 1 of 3.
    assert found["categories"]["genres"]["largest_changes"] == [
        {"value": "x", "reference_share": 0.8, "share": 0.333333},
        {"value": "y", "reference_share": 0.2, "share": 0.666667},
    ]


def test_a_feature_that_nothing_asked_for_has_is_left_out():
    feature = Categories(["x"], np.array([0]), np.array([0]))
    assert (
        compared(split([3, 1, 0, 0]), split([0, 1, 0, 0]), {"genres": feature})["categories"] == {}
    )


def test_the_seed_decides_on_the_samples():
    fitted, asked = split([40, 30, 20, 10]), split([1, 2, 3, 4])
    assert compared(fitted, asked) == compared(fitted, asked)
    assert compared(fitted, asked) != compared(fitted, asked, seed=2)


def test_an_empty_side_is_not_compared():
    some = split([1, 0, 0, 0])
    assert compared(some, NOTHING) is None
    assert compared(NOTHING, some) is None
