import numpy as np
import pyarrow.parquet as pq
import pytest

from serving.catalogue import Catalogue
from serving.profiles import Profiles, unknown_profile
from tests.serving.build import CARD, NAN, write_catalogue, write_profiles

ITEMS = [(item_id, "", [], NAN, 0) for item_id in "abcd"]
USERS = [
    ("u1", "F", 35.0, ["c", "a"], [4.0, NAN], [10, 20]),
    ("u2", "", NAN, [], [], []),
    ("u3", None, 1.0, ["d", "d", "b"], [None, 1.0, 5.0], [1, 1, 1]),
]


@pytest.fixture
def catalogue(tmp_path):
    return Catalogue(write_catalogue(tmp_path, ITEMS), CARD)


@pytest.fixture
def profiles(tmp_path, catalogue):
    return Profiles(write_profiles(tmp_path, USERS), CARD, catalogue)


def test_a_profile(profiles):
    profile = profiles.get("u1")
    assert profile.rows.tolist() == [2, 0]
    np.testing.assert_array_equal(profile.ratings, np.array([4, np.nan], np.float32))
    assert profile.timestamps.tolist() == [10, 20]
    assert profile.features == {"gender": "F", "age": 35.0}
    assert len(profiles) == 3


def test_the_user_after_an_empty_history_has_their_own(profiles):
    assert profiles.get("u2").rows.tolist() == []
    assert np.isnan(profiles.get("u2").features["age"])
    profile = profiles.get("u3")
    assert profile.rows.tolist() == [3, 3, 1]
    np.testing.assert_array_equal(profile.ratings, np.array([np.nan, 1, 5], np.float32))
    assert profile.features["gender"] == ""


def test_an_unknown_user(profiles):
    assert profiles.get("nobody") is None


def test_nothing_known():
    profile = unknown_profile(CARD)
    assert (len(profile.rows), len(profile.ratings), len(profile.timestamps)) == (0, 0, 0)
    # The display feature is no model input.
    assert list(profile.features) == ["gender", "age"]
    assert profile.features["gender"] == ""
    assert np.isnan(profile.features["age"])


def test_many_row_groups_give_the_same(tmp_path, catalogue):
    users = [(f"u{n:03}", "F", n, ["abcd"[n % 4]] * (n % 5), [1.0] * (n % 5), [n] * (n % 5))
             for n in range(100)]  # fmt: skip
    path = write_profiles(tmp_path, users)
    pq.write_table(pq.read_table(path), path, row_group_size=7)
    profiles = Profiles(path, CARD, catalogue)
    for n in range(100):
        profile = profiles.get(f"u{n:03}")
        assert profile.rows.tolist() == [n % 4] * (n % 5)
        assert profile.timestamps.tolist() == [n] * (n % 5)
        assert profile.features["age"] == n


def test_an_item_outside_the_catalogue(tmp_path, catalogue):
    users = [*USERS, ("u4", "", NAN, ["a", "zz"], [1.0, 1.0], [1, 2])]
    with pytest.raises(ValueError, match="expected items of the catalogue, got 'zz'"):
        Profiles(write_profiles(tmp_path, users), CARD, catalogue)


def test_a_missing_column(tmp_path, catalogue):
    path = write_profiles(tmp_path, USERS)
    pq.write_table(pq.read_table(path).drop_columns(["gender"]), path)
    with pytest.raises(ValueError, match=r"\['gender'\] missing"):
        Profiles(path, CARD, catalogue)
