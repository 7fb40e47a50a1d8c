"""Groups from prepared data to a result, and the names of its figures."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path

import numpy as np
import pytest

from benchmarks import group_figures, results
from benchmarks.groups import GroupSettings, run
from benchmarks.held_out import people_together
from evaluation.groups.forming import KINDS
from evaluation.groups.lists import OF_AGGREGATORS, OF_MODEL, RETRIEVAL
from schemas.artifacts import Artifact
from schemas.config import EvaluateConfig
from tests.conftest import TINY

PEERS = [RETRIEVAL, *(name for names in OF_AGGREGATORS.values() for name in names)]
OURS = [name for names in OF_MODEL.values() for name in names]


@pytest.mark.slow
def test_from_models_to_a_result(
    planted: Artifact, run_dir: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(results, "RESULTS", tmp_path)
    monkeypatch.setattr(results, "command", lambda: "python -m benchmarks.tiny")
    config = dataclasses.replace(TINY, evaluate=EvaluateConfig(resamples=100, batch_size=7))
    settings = GroupSettings(sizes=(2, 3), people=36, like_threshold=3.0)
    trained = len(list((run_dir / "ranking").glob("*/manifest.json")))
    written = run("tiny", planted, config, settings, [config.ranking.seed], run_dir)
    # What the other tests have trained is what is measured.
    assert len(list((run_dir / "ranking").glob("*/manifest.json"))) == trained

    told = json.loads(written.read_text())
    assert told["config"]["groups"] == json.loads(json.dumps(dataclasses.asdict(settings)))
    figures, peers = told["figures"], told["peers"]
    assert figures["people"] == 120
    assert list(peers) == PEERS
    for cell in (f"{kind}_{size}" for size in (2, 3) for kind in KINDS):
        assert figures[f"{cell}_groups"] == 36 // int(cell[-1])
        assert figures[f"{cell}_targets_among_candidates"] > 0.5
        for name in OURS:
            mean, least = (figures[f"{cell}_{name}_{of}"] for of in group_figures.SURE)
            assert 0 <= least <= mean <= 1
        ours, theirs = figures[f"{cell}_watch_next_ndcg@10_mean"], peers["watch_next_avg"]
        over = figures[f"{cell}_watch_next_ndcg@10_mean_over_watch_next_avg"]
        assert over == pytest.approx(ours - theirs[f"{cell}_ndcg@10_mean"], abs=1.5e-4)
    for size in (2, 3):
        of_kind = [figures[f"{kind}_{size}_similarity"] for kind in KINDS]
        assert of_kind[1] > of_kind[0] > of_kind[2]
        # What comes next in a series is found; by rating alone hardly any of it is (below .1).
        assert figures[f"random_{size}_watch_next_ndcg@10_mean"] > 0.25


def test_the_newest_fifth_is_held_out() -> None:
    prepare = people_together(TINY).prepare
    assert (prepare.split, prepare.test_share) == ("temporal_user", 0.2)
    assert prepare.shards == TINY.prepare.shards


def test_a_difference_is_of_the_same_groups() -> None:
    rng = np.random.default_rng(1)
    values = {name: rng.random((30, 4)) for name in (*OURS, *PEERS)}
    values["watch_next_avg"] = values["watch_next"] - 0.25
    figures = group_figures.figures_of_model("similar_2", values, EvaluateConfig(resamples=100))
    for end in ("", "_low", "_high"):
        assert figures[f"similar_2_watch_next_ndcg@10_min_over_watch_next_avg{end}"] == 0.25
    value = values["rating_joint"][:, 2].mean()
    assert figures["similar_2_rating_joint_graded_ndcg@10_mean"] == round(value, 4)
    name = "similar_2_rating_mean_ndcg@10_mean"
    assert figures[f"{name}_low"] < figures[name] < figures[f"{name}_high"]
    assert f"{name}_over_rating_avg" in figures
    assert f"{name}_over_rating_lms" not in figures
    for theirs in PEERS:
        asked = "rating" if theirs.startswith("rating") else "watch_next"
        ours = OF_MODEL[asked][0]
        assert f"similar_2_{ours}_ndcg@10_mean_over_{theirs}" in figures


def test_peers_have_figures_of_their_own() -> None:
    values = {name: np.full((5, 4), at / 100) for at, name in enumerate((*OURS, *PEERS))}
    peers = group_figures.figures_of_peers("random_4", values)
    assert list(peers) == PEERS
    value = len(OURS) / 100  # retrieval is the first of the peers
    assert peers[RETRIEVAL] == {
        f"random_4_{name}": value for name in ("ndcg@10_mean", "ndcg@10_min")
    } | {f"random_4_graded_{name}": value for name in ("ndcg@10_mean", "ndcg@10_min")}
