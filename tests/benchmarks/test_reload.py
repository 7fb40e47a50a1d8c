"""The figures of reloads, from answers that are written down."""

from benchmarks.open_loop import Answers
from benchmarks.reload import Reload, reload_figures


def test_figures():
    # Measured from 10; reloads from 20 to 30, serving at 24, and from 40 to 50, serving at 41.
    answers = Answers(
        due=[9.0, 11.0, 12.0, 21.0, 25.0, 35.0, 40.0, 50.0],
        milliseconds=[900.0, 4.0, 6.0, 7.0, 9.0, 800.0, 11.0, 700.0],
        codes=["CANCELLED", "OK", "OK", "OK", "UNAVAILABLE", "OK", "OK", "OK"],
        versions=["", "a", "a", "a", "", "b", "b", "c"],
    )
    found = reload_figures(answers, 10.0, [Reload(20.0, 24.0, 30.0), Reload(40.0, 41.0, 50.0)])
    assert found["requests"] == 7
    assert found["failed_requests"] == 1
    assert found["served_versions"] == 3
    assert (found["until_serving_p50_s"], found["until_old_ended_p50_s"]) == (2.5, 10.0)
    # Before: 4 and 6. During: 7, 9 and 11; what is due at the very end comes after it.
    assert (found["before_requests"], found["before_p50_ms"]) == (2, 5.0)
    assert (found["during_requests"], found["during_p50_ms"]) == (3, 9.0)
    assert (found["loading_requests"], found["loading_longest_ms"]) == (2, 11.0)
    # 99 % of the way from 9 to 11 and from 4 to 6, by linear interpolation: 10.96 / 5.98.
    assert found["p99_ratio"] == 1.833
