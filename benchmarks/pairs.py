"""`python -m benchmarks.pairs`: ratings of two people who watch together, on ml-100k.

The newest fifth of each user's events is held out; asked for is the mean of two ratings of an item
that are both held out. The ranker's joint prediction stands beside the average of its own two
single predictions, that of a ranker that never saw a pair, that of the bias model, the mean rating,
and the pair models of two earlier projects; in kinds of pairs, with intervals by drawing people.
With the first seed alone, and held against the ranker of that seed: rankers without what pairs have
of their own, or that learn more of them.
"""

from __future__ import annotations

import argparse
from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.earlier_pair_models import fit_earlier
from benchmarks.earlier_pair_models import settings as earlier_settings
from benchmarks.held_out import PEOPLE_TOGETHER, people_together
from benchmarks.results import described, write_result
from commands.stages import Stages, fetch_dataset
from evaluation.baselines.bias import BiasModel
from evaluation.batches import batches
from evaluation.histories import RawHistories, read_histories
from evaluation.pair_bootstrap import interval, resampled_rmse
from evaluation.pair_strata import stratify
from evaluation.ratings import Pairs, Predict, PredictPair, common_target_pairs
from evaluation.requests import Requests, read_requests
from evaluation.saved_models import Ranker, RetrievalModel
from schemas.artifacts import Artifact
from schemas.config import Config, RankingConfig
from schemas.prepared import load_card

JOINT, SINGLES, APART = "joint", "average_of_singles", "average_of_singles_only"
BIAS, MEAN = WITHOUT_SEED = "bias", "mean_rating"
ABLATIONS: dict[str, dict[str, Any]] = {
    "joint_without_pair_attention": {"without": ("pair_attention",)},
    "joint_without_owner_bias": {"without": ("owner_bias",)},
    "joint_of_64_pairs_a_step": {"pair_batch_size": 64},
    "joint_of_pair_weight_1": {"pair_weight": 1.0},
}
BATCH = 512
Errors = dict[str, dict[int, np.ndarray]]
"""Squared errors of each pair, by model and seed."""


def main() -> None:
    """Trains what is missing, prints the figures and writes the result."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.pairs", description=__doc__)
    parser.add_argument("--data", type=Path, default=Path("data"), help="of fetched datasets")
    parser.add_argument("--runs", type=Path, default=PEOPLE_TOGETHER)
    parser.add_argument("--seeds", type=int, nargs="+", default=[1, 2, 3])
    parser.add_argument("--per-item", type=int, default=200, help="most pairs of one item")
    arguments = parser.parse_args()
    source = fetch_dataset("ml-100k", arguments.data)
    config = people_together(Config())
    print(run("pairs", source, config, arguments.seeds, arguments.per_item, arguments.runs))


def run(
    name: str, source: Artifact, config: Config, seeds: Sequence[int], per_item: int, runs: Path
) -> Path:
    """Trains retrieval once and every ranker with each seed, and measures them on the same pairs.

    Args:
        name: Of the result.
        source: The data.
        config: Settings, `people_together`; the ranker's seed is replaced.
        seeds: Of the rankers and the earlier models.
        per_item: Most pairs of one item.
        runs: Directory of the artefacts. What was trained before with the same settings is taken as
            it is, but for the earlier models, which are no artefacts.

    Returns:
        The file `docs/results/<name>.json`.
    """
    stages = Stages(runs, config)
    prepared = stages.prepare(source, [])
    stages.train_retrieval()
    requests = read_requests(prepared.path, "test")
    pairs = common_target_pairs(requests, per_item, config.evaluate.seed)
    errors = errors_of_all(stages, prepared, seeds, requests, pairs)
    resamples = config.evaluate.resamples
    figures: dict[str, float] = {"pairs": len(pairs.left), "pairs_found": pairs.found}
    figures |= compared(errors, requests, pairs, resamples, config.evaluate.seed)
    for figure, value in figures.items():
        print(f"{figure}: {value}")
    settings: dict[str, Any] = {
        stage: asdict(getattr(config, stage)) for stage in ("prepare", "retrieval", "ranking")
    }
    settings |= {"split": prepared.figures["split"], "seeds": list(seeds)}
    settings |= {"per_item": per_item, "resamples": resamples}
    settings |= {"ablations": ABLATIONS} | earlier_settings()
    return write_result(name, described(source, prepared), seeds[0], settings, figures, {})


def errors_of_all(
    stages: Stages, prepared: Artifact, seeds: Sequence[int], requests: Requests, pairs: Pairs
) -> Errors:
    """Squared errors of all models, each printed as soon as it is known."""
    scale = load_card(prepared).rating_range
    errors: Errors = {}

    def judge(seed: int, found: Mapping[str, np.ndarray]) -> None:
        """Keeps and prints the errors of predictions."""
        for name, predicted in found.items():
            squared = squared_errors(np.clip(predicted, *scale), requests, pairs)
            errors.setdefault(name, {})[seed] = squared
            print(f"seed {seed}, {name}: {np.sqrt(squared.mean()):.4f}", flush=True)

    means = of_means(read_histories(prepared.path, "fit"), scale, requests, pairs)
    for seed in seeds:
        judge(seed, means | of_seed(stages, seed, requests, pairs))
        earlier = fit_earlier(prepared, seed).items()
        judge(
            seed, {name: of_pairs(model.predict_pair, requests, pairs) for name, model in earlier}
        )
    judge(seeds[0], of_ablations(stages, seeds[0], requests, pairs))
    return errors


def of_means(
    fit: RawHistories, scale: tuple[float, float], requests: Requests, pairs: Pairs
) -> dict[str, np.ndarray]:
    """What the bias model says of the pairs, float32 `[pairs]`, and the mean rating."""
    bias = BiasModel.fit(fit)
    each = of_singles(lambda *of: np.clip(bias.predict(*of), *scale), requests, pairs)
    return {BIAS: each, MEAN: np.full_like(each, bias.mean)}


def of_seed(stages: Stages, seed: int, requests: Requests, pairs: Pairs) -> dict[str, np.ndarray]:
    """Predicted means of the pairs, float32 `[pairs]`, by a ranker and by one without pairs."""
    both = replace(stages.config.ranking, seed=seed)
    together, apart = (trained(stages, one) for one in (both, replace(both, pair_weight=0.0)))
    return {
        JOINT: of_pairs(together.predict_pair, requests, pairs),
        SINGLES: of_singles(together.predict, requests, pairs),
        APART: of_singles(apart.predict, requests, pairs),
    }


def of_ablations(
    stages: Stages, seed: int, requests: Requests, pairs: Pairs
) -> dict[str, np.ndarray]:
    """Joint predictions, float32 `[pairs]`, of rankers that differ in what pairs are to them."""
    base = replace(stages.config.ranking, seed=seed)
    return {
        name: of_pairs(trained(stages, replace(base, **other)).predict_pair, requests, pairs)
        for name, other in ABLATIONS.items()
    }


def trained(stages: Stages, ranking: RankingConfig) -> Ranker:
    """The exported ranker of these settings, from before if there is one."""
    artifact = Stages(stages.run, replace(stages.config, ranking=ranking)).train_ranking()
    retrieval = stages.open("retrieval")
    requests = read_requests(stages.open("prepared").path, "test")
    history_len = retrieval.manifest["config"]["history_len"]
    towers = RetrievalModel(retrieval.path, requests.item_ids, history_len)
    return Ranker(artifact.path, towers, ranking.history_len)


def of_pairs(predict: PredictPair, requests: Requests, pairs: Pairs) -> np.ndarray:
    """Joint predictions, float32 `[pairs]`."""
    rows = np.arange(len(pairs.left))
    parts = [
        predict(requests, pairs.left[part], pairs.right[part]) for part in batches(rows, BATCH)
    ]
    return np.concatenate(parts)


def of_singles(predict: Predict, requests: Requests, pairs: Pairs) -> np.ndarray:
    """Averages of two single predictions, float32 `[pairs]`."""
    single = np.full(len(requests), np.nan, np.float32)
    for part in batches(np.unique([pairs.left, pairs.right]), BATCH):
        single[part] = predict(requests, part)
    return (single[pairs.left] + single[pairs.right]) / 2


def squared_errors(predicted: np.ndarray, requests: Requests, pairs: Pairs) -> np.ndarray:
    """Of the pairs' mean ratings, float64 `[pairs]`."""
    rating = requests.target_rating.astype(np.float64)
    return np.square(predicted - (rating[pairs.left] + rating[pairs.right]) / 2)


def compared(
    errors: Mapping[str, Mapping[int, np.ndarray]],
    requests: Requests,
    pairs: Pairs,
    resamples: int,
    seed: int,
) -> dict[str, float]:
    """RMSE of every model and kind of pairs, and by how much the joint prediction is below others.

    A model's squared errors are their mean over its seeds, and those of the joint prediction that
    it is held against are of the same seeds. The intervals are of other people, not of other seeds,
    whose figures are given one by one. A kind of which there are no pairs has their number alone.
    """
    names = list(errors)
    own = [np.mean([*errors[name].values()], axis=0) for name in names]
    joint = [np.mean([errors[JOINT][s] for s in errors[name]], axis=0) for name in names]
    squared = np.stack([*own, *joint], axis=1)
    person = requests.of_list
    figures: dict[str, float] = {}
    for stratum, of in stratify(requests, pairs).items():
        left, right = person[pairs.left[of]], person[pairs.right[of]]
        figures[f"{stratum}_pairs"] = len(left)
        if not len(left):
            continue
        found = np.sqrt(squared[of].mean(axis=0))
        draws = resampled_rmse(squared[of], left, right, resamples, seed)
        for at, name in enumerate(names):
            figures |= _with_interval(f"{stratum}_{name}_rmse_stars", found[at], draws[:, at])
        for at, name in enumerate(names):
            if name != JOINT:
                against = len(names) + at
                less = f"{stratum}_joint_minus_{name}_rmse_stars"
                difference = draws[:, against] - draws[:, at]
                figures |= _with_interval(less, found[against] - found[at], difference)
    return figures | _of_each_seed(errors)


def _of_each_seed(errors: Mapping[str, Mapping[int, np.ndarray]]) -> dict[str, float]:
    return {
        f"seed_{seed}_{name}_rmse_stars": round(float(np.sqrt(squared.mean())), 4)
        for name, of_seed in errors.items()
        if name not in WITHOUT_SEED
        for seed, squared in of_seed.items()
    }


def _with_interval(name: str, value: float, draws: np.ndarray) -> dict[str, float]:
    low, high = interval(draws)
    return {name: round(value, 4), f"{name}_low": round(low, 4), f"{name}_high": round(high, 4)}


if __name__ == "__main__":
    main()
