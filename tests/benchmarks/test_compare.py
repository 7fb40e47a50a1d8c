import pytest

from benchmarks.compare import flat
from tests.evaluation.leaderboard.build import small_board


def test_flat_figures():
    models = small_board()["models"]
    found = flat(models["ease"])
    assert found["fit_s"] == 2.0 and found["peak_mib"] == 180.0
    assert found["ndcg@10"] == pytest.approx(models["ease"]["figures"]["ndcg@10"], abs=1e-5)
    assert found["ndcg@10_low"] < found["ndcg@10"] < found["ndcg@10_high"]
    # The board's other model has every target first.
    ahead = found["two_stage_minus_this_hr@10"]
    assert ahead == pytest.approx(1 - found["hr@10"], abs=2e-5)
    assert found["hr@10_p_holm"] >= found["hr@10_p"] > 0
    assert all(isinstance(value, int | float) for value in found.values())
    ratings = flat(models["bias"])
    # Half a star off the other way: the errors are those of the board's other model.
    same = {"rating_mse_difference": 0.0, "rating_p": 1.0, "rating_p_holm": 1.0}
    assert ratings == {"fit_s": 0.2, "rating_rmse": 0.5, "rating_mae": 0.5} | same
    assert "hr@10_p" not in flat(models["two_stage"])
