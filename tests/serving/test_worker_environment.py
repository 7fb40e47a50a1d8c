from serving.worker_environment import FOR_SMALL_REQUESTS, worker_environment


def test_a_worker_inherits_the_environment_and_computes_on_one_thread():
    found = worker_environment({"HOME": "/home/somebody"})
    assert found["HOME"] == "/home/somebody"
    assert found["TF_NUM_INTRAOP_THREADS"] == "1"


def test_what_was_set_from_outside_stays():
    own = dict.fromkeys(FOR_SMALL_REQUESTS, "7")
    assert worker_environment(own) == own
