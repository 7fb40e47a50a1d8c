"""Retrieval alone beside the baselines, as flat figures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from evaluation.comparison import compared
from evaluation.histories import read_histories
from evaluation.item_features import read_item_features
from evaluation.judge import Lists, rank_targets
from evaluation.metrics.accuracy import NAMES, accuracy
from evaluation.ranking_protocol import rank_catalogue
from evaluation.requests import Requests, read_requests
from evaluation.saved_models import RetrievalModel
from evaluation.suite import measure, rank_baselines
from schemas.artifacts import Artifact
from schemas.config import EvaluateConfig

PRINTED = ("hr@10", "ndcg@10", "recall@200")
TESTED = ("hr@10", "ndcg@10")
OVER = "over"


def measure_retrieval(
    prepared: Artifact, retrievals: Mapping[str, Artifact], config: EvaluateConfig
) -> dict[str, dict[str, Any]]:
    """Metrics of the baselines and of some retrieval models on the same requests.

    Args:
        prepared: What all were fitted on.
        retrievals: Name to retrieval artefact; the whole catalogue is scored, without an index.
        config: Of the evaluation.

    Returns:
        As `evaluation.suite.measure` gives them, and under `over` for each baseline what retrieval
        gains over it, a list's mean over the models: see `evaluation.comparison.compare`.
    """
    requests = read_requests(prepared.path, "test")
    fitted = read_histories(prepared.path, "fit")
    features = read_item_features(prepared.path, config.diversity_features)
    lists = rank_baselines(requests, fitted, config)
    baselines = list(lists)
    for name, retrieval in retrievals.items():
        history_len = retrieval.manifest["config"]["history_len"]
        model = RetrievalModel(retrieval.path, requests.item_ids, history_len)
        lists[name] = rank_catalogue(requests, model, config.batch_size)
    metrics = measure(lists, requests, fitted, features, config).metrics
    return metrics | {OVER: over_baselines(baselines, [*retrievals], lists, requests, config)}


def over_baselines(
    baselines: Sequence[str],
    retrievals: Sequence[str],
    lists: Lists,
    requests: Requests,
    config: EvaluateConfig,
) -> dict[str, Any]:
    """What retrieval gains over each baseline.

    Args:
        baselines: Names of theirs in `lists`.
        retrievals: Names of the retrieval models; a list's figures are their mean over these.
        lists: Of every name, int32 `[lists, places]`.
        requests: What all were asked.
        config: `resamples` and `seed`.

    Returns:
        By baseline, as `evaluation.comparison.compare` gives it: paired by list, drawn by user.
    """
    found = {name: accuracy(targets) for name, targets in rank_targets(lists, requests).items()}
    ours = np.mean([found[name] for name in retrievals], axis=0)
    users = requests.user_ids[requests.first_of_list]
    return {name: compared(ours, found[name], users, config) for name in baselines}


def ranking_models(metrics: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """Names of what was measured, in the order of the measuring."""
    return [name for name in metrics if "ndcg@10" in metrics[name]]


def flat(metrics: Mapping[str, Mapping[str, Any]], model: str) -> dict[str, float]:
    """A model's figures, intervals and segments under flat names."""
    figures = dict(metrics[model])
    for figure in NAMES:
        low, high = metrics["intervals"][model][figure]
        figures |= {f"{figure}_low": low, f"{figure}_high": high}
    for division, segments in metrics["segments"].items():
        for segment, found in segments.items():
            figures |= {f"{division}_{segment}_{k}": v for k, v in found[model].items()}
    return figures


def gains(metrics: Mapping[str, Mapping[str, Any]]) -> dict[str, float]:
    """What retrieval gains over each baseline, with interval and p, under flat names."""
    figures: dict[str, float] = {}
    for baseline, tests in metrics[OVER].items():
        for figure in TESTED:
            name, test = f"{figure}_over_{baseline}", tests[figure]
            low, high = test["interval"]
            figures |= {name: test["difference"], f"{name}_low": low, f"{name}_high": high}
            figures[f"{name}_p"] = test["p"]
    return {name: round(value, 4) for name, value in figures.items()}


def line(metrics: Mapping[str, Mapping[str, Any]], model: str) -> str:
    """A model's main figures, for people."""
    values = ", ".join(f"{figure} {metrics[model][figure]:.4f}" for figure in PRINTED)
    low, high = metrics["intervals"][model]["ndcg@10"]
    return f"{model}: {values} (ndcg@10 {low:.4f} to {high:.4f})"
