"""RecTools runs in its own environment, if `.peers` has one."""

import sys

import numpy as np
import pytest

from evaluation.baselines.sasrec.adapter import Sasrec
from schemas.artifacts import ROOT
from tests.evaluation.build import make_requests

PYTHON = ROOT / ".peers" / "rectools" / "bin" / "python"
# Everybody walks through items 0 to 7 in a circle; nobody has watched items 8 and 9.
FITTED = make_requests(
    [[(start + n) % 8 for n in range(4)] for start in range(8)] * 4, [0] * 32, 10
)


def test_a_process_that_fails_is_an_error():
    with pytest.raises(RuntimeError, match=r"expected a model, got:(.|\n)*No module named"):
        Sasrec.fit(FITTED, seed=1, python=sys.executable)


@pytest.mark.slow
@pytest.mark.skipif(not PYTHON.exists(), reason="needs RecTools in .peers/rectools")
def test_what_comes_next_is_learnt_and_histories_say_who_asks():
    sasrec = Sasrec.fit(FITTED, seed=1, python=PYTHON, epochs=40)
    asked = make_requests([[1, 2], [], [5], [9], [1, 2]], [3, 0, 6, 0, 3], items=10)
    asked.user_ids[:] = ["nobody", "a", "b", "c", "d"]
    scores = sasrec.score(asked, np.array([0, 1, 2, 3, 4]))
    assert scores.dtype == np.float32
    assert scores.argmax(axis=1)[[0, 2]].tolist() == [3, 6]
    # Neither no history nor one of unknown items alone says anything; unknown items come last.
    np.testing.assert_array_equal(scores[[1, 3]], np.zeros((2, 10)))
    assert (scores[0, 8:] < scores[0, :8].min()).all()
    np.testing.assert_array_equal(scores[4], scores[0])
    np.testing.assert_array_equal(sasrec.score(asked, np.array([2])), scores[[2]])
