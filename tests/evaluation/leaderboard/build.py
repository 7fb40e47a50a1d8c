"""A small comparison, made of lists that are written down."""

from __future__ import annotations

import numpy as np

from evaluation.leaderboard.board import board
from evaluation.leaderboard.rows import Fitted
from evaluation.list_figures import Items
from evaluation.ordering import top
from evaluation.requests import Requests
from schemas.config import EvaluateConfig
from tests.evaluation.build import random_requests

CONFIG = EvaluateConfig(resamples=200, seed=3)
LIKED = 4.0


def asked() -> Requests:
    """80 people with a gender, 40 items, all rated."""
    requests = random_requests(users=80, items=40, events=8, seed=1)
    requests.user_features["gender"] = np.array(["F", "M"] * 40, object)
    return requests


def models(requests: Requests) -> list[Fitted]:
    """Two that rank at random, one that has the target first, and one that also rates."""
    rng = np.random.default_rng(1)
    lists = [top(rng.random((80, 40)), 200).astype(np.int32) for _ in range(3)]
    lists[2][:, 1:] = lists[2][:, :-1]
    lists[2][:, 0] = requests.target_item
    ratings = requests.target_rating + np.float32(0.5)
    likes = (requests.target_rating >= LIKED).astype(np.float32)
    epochs = [{"epoch": n, "seconds": 1.5, "ndcg@10": n / 10} for n in (1, 2, 3)]
    return [
        Fitted("popularity", "Popularity", "", {"fit_s": 0.1, "peak_mib": 80.0}, lists[0]),
        Fitted("ease", "EASE", "Steck, WWW 2019", {"fit_s": 2.0, "peak_mib": 180.0}, lists[1]),
        Fitted("bias", "Bias model", "", {"fit_s": 0.2}, None, ratings - 1),
        Fitted(
            "two_stage",
            "Both stages",
            "",
            {"fit_s": 60.0, "peak_mib": 900.0},
            lists[2],
            ratings,
            likes,
            {"ranker": epochs},
        ),
    ]


def small_board() -> dict:
    """All of them, measured."""
    requests = asked()
    items = Items.known(requests, None)
    return board(models(requests), requests, items, "two_stage", LIKED, CONFIG)


ABOUT = {
    "dataset": "test",
    "rows": {"items": 40, "accepted": 300},
    "split": {"kind": "leave_one_out", "min_events": 3},
    "asks": "Each person's newest event is asked for.",
    "left_out": {"als": "implicit not installed"},
    "versions": {"numpy": "2"},
    "machine": {"processor": "a processor", "cores_used": 2, "memory_gib": 23.0},
}
"""What a comparison says beside the figures."""
