import numpy as np
import pytest
from scipy import sparse

from tests.evaluation.build import make_requests

pytest.importorskip("lightfm", reason="needs the extra 'lightfm'")

from evaluation.baselines.lightfm_hybrid import EPOCHS, FACTORS, LEARNING_RATE, LightFmHybrid

# Two camps, which are two genders too; each member has watched all items of the camp but one.
CAMPS = [[n for n in camp if n != gap] for camp in ([0, 1, 2, 3], [4, 5, 6, 7]) for gap in camp] * 4
GENDER = np.array((["F"] * 4 + ["M"] * 4) * 4, object)


def test_people_who_are_not_known_get_what_people_like_them_watch():
    fitted = make_requests(CAMPS, [0] * 32, 8, user_features={"gender": GENDER})
    asked = make_requests([[]] * 2, [0] * 2, 8, user_features={"gender": GENDER[[0, 4]]})
    asked.user_ids[:] = ["nobody", "somebody"]
    scores = LightFmHybrid.fit(fitted, None, seed=1).score(asked, asked.rows)
    assert scores[0, :4].min() > scores[0, 4:].max()
    assert scores[1, 4:].min() > scores[1, :4].max()


def test_an_item_that_nobody_watched_is_known_by_its_features():
    # Items 8 and 9 are new, the one of the first camp's kind and the other of the second's.
    kind = sparse.csr_array(np.eye(2)[[0, 0, 0, 0, 1, 1, 1, 1, 0, 1]])
    fitted = make_requests(CAMPS, [0] * 32, 10)
    scores = LightFmHybrid.fit(fitted, kind, seed=1).score(fitted, np.array([0, 4]))
    assert scores[0, 8] > scores[0, 9]
    assert scores[1, 9] > scores[1, 8]


def test_scores_are_those_of_the_library():
    lightfm = pytest.importorskip("lightfm")
    fitted = make_requests(CAMPS, [0] * 32, 8)
    model = lightfm.LightFM(
        no_components=FACTORS, learning_rate=LEARNING_RATE, loss="warp", random_state=1
    )
    model.fit(sparse.coo_matrix(fitted.seen(fitted.rows).astype(np.float32)), epochs=EPOCHS)
    expected = [model.predict(n, np.arange(8)) for n in (0, 5, 31)]
    # Here people are sorted by name: the fifth of u0, u1, u10, ... is another than u5.
    names = make_requests(CAMPS, [0] * 32, 8)
    names.user_ids[:] = [f"u{n:02}" for n in range(32)]
    scores = LightFmHybrid.fit(names, None, seed=1).score(names, np.array([0, 5, 31]))
    np.testing.assert_allclose(scores, expected, rtol=1e-4, atol=1e-5)
