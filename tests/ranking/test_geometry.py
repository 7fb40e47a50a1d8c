import numpy as np
import pytest

from ranking.geometry import LOG_YEAR, distance_bucket, make_geometry, make_sight


def known(owners: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Three events of each owner, an hour apart."""
    times = 1_000_000_000 + 3_600 * np.arange(3) + np.zeros((1, owners, 1), np.int64)
    return np.ones((1, owners, 3), bool), times, np.ones((1, owners), bool)


def test_more_cutoffs_than_moments_are_refused():
    assert make_geometry(*known(1), cutoffs=4).candidate_mask.shape == (1, 4, 1, 4)
    with pytest.raises(ValueError, match=r"cutoffs: expected at most 1 \+ history_len = 4, got 5"):
        make_geometry(*known(1), cutoffs=5)


def test_several_owners_with_several_cutoffs_are_refused():
    assert make_geometry(*known(2), cutoffs=1).candidate_mask.shape == (1, 1, 2, 4)
    with pytest.raises(ValueError, match="cutoffs: expected 1 with 2 owners, got 3"):
        make_geometry(*known(2), cutoffs=3)


def test_cutoffs_by_hand():
    geometry = make_geometry(*known(1), cutoffs=3)
    # Viewer and three events; the last cutoff sees all of them, the one before all but the newest.
    seen = np.asarray(geometry.candidate_mask)[0, :, 0]
    assert seen.tolist() == [
        [True, True, False, False],
        [True, True, True, False],
        [True, True, True, True],
    ]
    terms = np.asarray(geometry.candidate_time)[0, 2, 0]
    # Known, log(1 + s) / log(year) and its square; the viewer has no time.
    logs = np.log1p([7_200.0, 3_600.0, 0.0]) / LOG_YEAR
    np.testing.assert_allclose(terms[0], [0, 0, 0])
    np.testing.assert_allclose(terms[1:], np.stack([np.ones(3), logs, logs**2], 1), rtol=1e-5)


def test_a_masked_event_is_seen_by_nobody_and_keeps_its_place_and_time():
    whole = make_geometry(*known(2), cutoffs=1)
    masked = np.zeros((1, 2, 3), bool)
    masked[0, 1, 2] = True  # the second owner's newest
    found = make_geometry(*known(2), cutoffs=1, masked=masked)
    # Token 3 of the second owner: as a key of everybody, itself included.
    expected = np.asarray(whole.history_mask).copy()
    assert expected[..., 1, 3].any()
    expected[..., 1, 3] = False
    np.testing.assert_array_equal(found.history_mask, expected)
    assert np.asarray(found.candidate_mask)[0, 0].tolist() == [[True] * 4, [True] * 3 + [False]]
    for name in ("history_distance", "newest_distance", "candidate_distance", "candidate_time"):
        np.testing.assert_array_equal(getattr(found, name), getattr(whole, name))


def test_sight_by_hand():
    read = np.array([[[False, True, True, True]]])
    sight = make_sight(read, cutoffs=3)
    # The last cutoff sees all events, the one before it all but the newest, and so on.
    assert np.asarray(sight.visible)[0, :, 0].tolist() == [
        [False, True, False, False],
        [False, True, True, False],
        [False, True, True, True],
    ]
    assert np.asarray(sight.back).tolist() == [[1, 0, 0, 0], [2, 1, 0, 0], [3, 2, 1, 0]]
    newest = sight.newest(2)
    np.testing.assert_array_equal(newest.visible, np.asarray(sight.visible)[..., 2:])
    np.testing.assert_array_equal(newest.back, np.asarray(sight.back)[:, 2:])


def test_a_cutoff_before_all_events_sees_none():
    sight = make_sight(np.ones((1, 1, 2), bool), cutoffs=3)
    assert np.asarray(sight.visible)[0, 0].tolist() == [[False, False]]


def test_distance_buckets_by_hand():
    # 1 + floor(2 log2(1 + d)): 0 -> 1; 1 -> 3; 2 -> 1 + floor(3.1) = 4; 3 -> 5; 7 -> 7;
    # at most 15.
    found = distance_bucket(np.array([5, 0, 1, 2, 3, 7, 10_000]), np.arange(7))
    assert found.tolist() == [0, 1, 3, 4, 5, 7, 15]
