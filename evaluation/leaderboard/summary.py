"""What came out, in sentences."""

from __future__ import annotations

from collections.abc import Sequence

from evaluation.leaderboard.board import TESTED
from evaluation.leaderboard.wording import (
    BEYOND_CHANCE,
    Board,
    figure,
    interval,
    listed,
    ranked,
    rated,
)


def sentences(board: Board) -> list[str]:
    """Who is first, where the model that others are tested against stands, and whose ratings."""
    found = []
    models = ranked(board)
    if models:
        best = next(iter(models.values()))
        found.append(
            f"Best by NDCG@10: {best['title']}, {figure(best['figures']['ndcg@10'])} "
            f"(95 %: {interval(best['intervals']['ndcg@10'])}), HR@10 "
            f"{figure(best['figures']['hr@10'])}; of {len(models)} models."
        )
    if board["against"]:
        found += [_standing(board, figure_name) for figure_name in TESTED]
    ratings = rated(board)
    if ratings:
        best = next(iter(ratings.values()))
        found.append(
            f"Best by RMSE of ratings: {best['title']}, {figure(best['rating']['rmse'])} "
            f"(95 %: {interval(best['rating']['interval'])}), of {len(ratings)} models."
        )
    return found


def _standing(board: Board, name: str) -> str:
    """Where `against` stands by one figure."""
    tests = {of["title"]: of["against"][name] for of in board["models"].values() if "against" in of}
    ahead = [title for title, test in tests.items() if test["difference"] > 0]
    level = [title for title, test in tests.items() if test["difference"] == 0]
    behind = [title for title, test in tests.items() if test["difference"] < 0]
    sure = sum(tests[title]["p_holm"] < BEYOND_CHANCE for title in ahead)
    return (
        f"By {name.upper()}, {board['models'][board['against']]['title']} "
        f"({figure(board['models'][board['against']]['figures'][name])}) is ahead of "
        f"{_of(ahead, len(tests))}, of {sure} beyond chance (p < {BEYOND_CHANCE:g}, "
        f"corrected for the number of models)"
        + (f"; level with {listed(level)}" if level else "")
        + (f"; behind {listed(behind)}." if behind else "; behind none.")
    )


def _of(ahead: Sequence[str], others: int) -> str:
    return f"all {others} others" if len(ahead) == others else f"{len(ahead)} of {others} others"
