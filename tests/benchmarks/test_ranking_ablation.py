from dataclasses import replace

from benchmarks.ranking_ablation import BASE, VARIANTS, summary
from schemas.config import RankingConfig


def test_every_variant_is_a_configuration_of_its_own():
    configs = [replace(RankingConfig(), **changed) for changed in VARIANTS.values()]
    assert len({str(config) for config in configs}) == len(VARIANTS)
    assert configs[0] == RankingConfig()


def test_differences_are_of_the_same_seeds():
    def of(ndcg: float, rmse: float) -> dict[str, float]:
        return {"validation_ndcg@10": ndcg, "validation_rmse": rmse, "parameters": 7}

    found = summary({BASE: {1: of(0.1, 1.0), 2: of(0.3, 0.9)}, "other": {2: of(0.35, 0.8)}})
    assert found[f"{BASE}_validation_ndcg@10"] == 0.2
    assert found["other_validation_ndcg@10_minus_default"] == 0.05
    assert found["other_validation_rmse_minus_default"] == -0.1
    assert found["other_seed_2_validation_rmse"] == 0.8
    assert found["other_parameters"] == 7
    assert "other_validation_rmse_minus_default_deviation" not in found
