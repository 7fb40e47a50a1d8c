from benchmarks.viewers import users_with_history
from serving.bundle import open_bundle


def test_users_of_whom_something_is_known_in_an_order_of_the_seed(run_dir):
    drawn = users_with_history(run_dir, 1)
    profiles = open_bundle(run_dir).profiles
    assert 0 < len(drawn) <= len(profiles)
    assert len(set(drawn)) == len(drawn)
    assert all(len(profiles.get(user).rows) for user in drawn)
    assert drawn == users_with_history(run_dir, 1) != users_with_history(run_dir, 2)
