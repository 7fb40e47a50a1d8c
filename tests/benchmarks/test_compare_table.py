"""The README's table, from figures that are written down."""

from benchmarks.compare_table import HEAD, models, table


def test_the_best_comes_first_and_what_is_not_known_is_empty() -> None:
    ours = {"hr@10": 0.25, "ndcg@10": 0.125, "fit_s": 123.4, "peak_mib": 900.0, "targets": 943}
    popularity = {"hr@10": 0.0859, "ndcg@10": 0.0449, "fit_s": 0.12}
    rating_alone = {"rating_rmse": 1.02, "fit_s": 0.1}
    result = {"figures": ours, "peers": {"popularity": popularity, "bias": rating_alone}}
    found = table(models(result), {"two_stage": {"hr@10": 0.5, "ndcg@10": 0.06}})
    assert found.splitlines() == [
        *HEAD,
        "| **Our two stages** | .2500 | .1250 | .5000 | .0600 | 123 | 900 |",
        "| Popularity, all time | .0859 | .0449 |  |  | 0.1 |  |",
    ]
