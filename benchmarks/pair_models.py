"""`python -m benchmarks.pair_models`: the pair models of two earlier projects, on ml-100k.

Each user's newest 20 % of events are held out; both models are fitted on what lies before, and
predict the mean rating of two people whose ratings of a film are both held out. Beside them the
average of two predictions of the bias model, and the mean rating.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, replace
from functools import partial
from pathlib import Path
from statistics import mean, stdev

import numpy as np

from benchmarks.held_out import held_out_by_user
from benchmarks.results import described, write_result
from commands.stages import Stages, fetch_dataset
from commands.terminal import progress_line
from evaluation.baselines.bias import BiasModel
from evaluation.baselines.pairs.attention import PairAttention
from evaluation.baselines.pairs.config import PairAttentionConfig, PairEncoderConfig
from evaluation.baselines.pairs.encoder import PairEncoder
from evaluation.baselines.pairs.model import PairModel
from evaluation.histories import RawHistories, read_histories
from evaluation.metrics.errors import mae, rmse
from evaluation.ratings import Pairs, Predict, common_target_pairs
from evaluation.requests import Requests, read_requests
from schemas.artifacts import Artifact
from schemas.config import Config, EvaluateConfig
from schemas.prepared import load_card

DATASET = "ml-100k"
PREPARE = replace(
    held_out_by_user(Config()).prepare,
    tasks=("sliding_windows", "pairs"),
    statistics_features=("genres",),
    pairs_per_item=40,
    pair_history_len=1_000,
)
Figures = dict[str, float]


def main() -> None:
    """Fits both with every seed, prints the figures and writes the result."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.pair_models", description=__doc__)
    parser.add_argument("--data", type=Path, default=Path("data"), help="of fetched datasets")
    parser.add_argument("--runs", type=Path, default=Path("runs/pair-models"))
    parser.add_argument("--seeds", type=int, nargs="+", default=[1])
    arguments = parser.parse_args()
    source = fetch_dataset(DATASET, arguments.data)
    prepared = Stages(arguments.runs, Config(prepare=PREPARE)).prepare(source, [])
    requests = read_requests(prepared.path, "test")
    measure = EvaluateConfig()
    pairs = common_target_pairs(requests, measure.pairs_per_item, measure.seed)
    scale = load_card(prepared).rating_range
    peers = reference(read_histories(prepared.path, "fit"), requests, pairs, scale)
    found: dict[str, list[Figures]] = {"pair_attention": [], "pair_encoder": []}
    for seed in arguments.seeds:
        for name, fit in fits(prepared, seed).items():
            found[name].append(fitted(fit, requests, pairs))
            print(f"seed {seed}, {name}: {found[name][-1]}", flush=True)
    for name, figures in peers.items():
        print(f"{name}: {figures}")
    flat: Figures = {"pairs": len(pairs.left), "pairs_found": pairs.found}
    for name, runs in found.items():
        flat |= {f"{name}_{figure}": value for figure, value in summary(runs).items()}
    settings = {
        "prepare": asdict(PREPARE),
        "split": prepared.figures["split"],
        "pair_attention": asdict(PairAttentionConfig()),
        "pair_encoder": asdict(PairEncoderConfig()),
        "evaluate_pairs_per_item": measure.pairs_per_item,
        "seeds": arguments.seeds,
    }
    data = described(source, prepared)
    print(write_result(f"pair-models-{DATASET}", data, arguments.seeds[0], settings, flat, peers))


def fits(prepared: Artifact, seed: int) -> dict[str, Callable[..., PairAttention | PairEncoder]]:
    """Both models by name, each to be fitted with its settings and a seed."""
    return {
        "pair_attention": partial(
            PairAttention.fit, prepared, replace(PairAttentionConfig(), seed=seed)
        ),
        "pair_encoder": partial(PairEncoder.fit, prepared, replace(PairEncoderConfig(), seed=seed)),
    }


def fitted(
    fit: Callable[..., PairAttention | PairEncoder], requests: Requests, pairs: Pairs
) -> Figures:
    """Fits a model and measures it.

    Args:
        fit: Takes `progress`.
        requests: The held-out events.
        pairs: Of them.

    Returns:
        As `errors`, with what the fit took and ended with.
    """
    started = time.perf_counter()
    with progress_line("fit") as report:
        model = fit(progress=report)
    seconds = time.perf_counter() - started
    return errors(model, requests, pairs) | {
        "fitted_pairs": model.pairs,
        "last_loss": round(model.log["loss"][-1], 5),
        "fit_s": round(seconds, 1),
    }


def errors(model: PairModel, requests: Requests, pairs: Pairs) -> Figures:
    """Errors of pairs' means and of single ratings, in stars."""
    actual = _average(requests.target_rating, pairs)
    joint = model.predict_pair(requests, pairs.left, pairs.right)
    return _errors(joint, actual) | _of_singles(model.predict, requests, pairs)


def reference(
    fit: RawHistories, requests: Requests, pairs: Pairs, scale: tuple[float, float]
) -> dict[str, Figures]:
    """What the bias model, cut to the scale and averaged, and the mean rating reach."""
    bias = BiasModel.fit(fit)
    actual = _average(requests.target_rating, pairs)

    def predict(requests: Requests, rows: np.ndarray) -> np.ndarray:
        return np.clip(bias.predict(requests, rows), *scale)

    average = _average(predict(requests, requests.rows), pairs)
    return {
        "bias_average": _errors(average, actual) | _of_singles(predict, requests, pairs),
        "mean_rating": _errors(np.full(len(actual), bias.mean), actual),
    }


def summary(runs: list[Figures]) -> Figures:
    """Mean of each figure over the seeds and, of several, its deviation."""
    figures: Figures = {}
    for name in runs[0]:
        values = [run[name] for run in runs]
        figures[name] = round(mean(values), 5)
        if len(values) > 1:
            figures[f"{name}_deviation"] = round(stdev(values), 5)
    return figures


def _of_singles(predict: Predict, requests: Requests, pairs: Pairs) -> Figures:
    """Errors of single ratings, and of a pair's mean by the average of two of them."""
    rated = np.flatnonzero(np.isfinite(requests.target_rating))
    single = np.full(len(requests), np.nan, np.float32)
    single[rated] = predict(requests, rated)
    ours = _errors(single[rated], requests.target_rating[rated])
    average = _errors(_average(single, pairs), _average(requests.target_rating, pairs))
    return _named("single", ours) | _named("average_of_singles", average)


def _errors(predicted: np.ndarray, actual: np.ndarray) -> Figures:
    return {
        "rmse_stars": round(rmse(predicted, actual), 4),
        "mae_stars": round(mae(predicted, actual), 4),
    }


def _named(prefix: str, figures: Mapping[str, float]) -> Figures:
    return {f"{prefix}_{name}": value for name, value in figures.items()}


def _average(values: np.ndarray, pairs: Pairs) -> np.ndarray:
    return (values[pairs.left] + values[pairs.right]) / 2


if __name__ == "__main__":
    main()
