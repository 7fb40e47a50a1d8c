"""Retrieval alone beside the baselines, as flat figures."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from evaluation.histories import read_histories
from evaluation.item_features import read_item_features
from evaluation.metrics.accuracy import NAMES
from evaluation.ranking_protocol import rank_catalogue
from evaluation.requests import read_requests
from evaluation.saved_models import RetrievalModel
from evaluation.suite import measure, rank_baselines
from schemas.artifacts import Artifact
from schemas.config import EvaluateConfig

PRINTED = ("hr@10", "ndcg@10", "recall@200")


def measure_retrieval(
    prepared: Artifact, retrievals: Mapping[str, Artifact], config: EvaluateConfig
) -> dict[str, dict[str, Any]]:
    """Metrics of the baselines and of some retrieval models on the same requests.

    Args:
        prepared: What all were fitted on.
        retrievals: Name to retrieval artefact; the whole catalogue is scored, without an index.
        config: Of the evaluation.

    Returns:
        As `evaluation.suite.measure` gives them.
    """
    requests = read_requests(prepared.path, "test")
    fitted = read_histories(prepared.path, "fit")
    features = read_item_features(prepared.path, config.diversity_features)
    lists = rank_baselines(requests, fitted, config)
    for name, retrieval in retrievals.items():
        history_len = retrieval.manifest["config"]["history_len"]
        model = RetrievalModel(retrieval.path, requests.item_ids, history_len)
        lists[name] = rank_catalogue(requests, model, config.batch_size)
    return measure(lists, requests, fitted, features, config).metrics


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


def line(metrics: Mapping[str, Mapping[str, Any]], model: str) -> str:
    """A model's main figures, for people."""
    values = ", ".join(f"{figure} {metrics[model][figure]:.4f}" for figure in PRINTED)
    low, high = metrics["intervals"][model]["ndcg@10"]
    return f"{model}: {values} (ndcg@10 {low:.4f} to {high:.4f})"
