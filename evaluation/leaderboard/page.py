"""`compare.html`: the comparison as one page."""

from __future__ import annotations

from evaluation.leaderboard import sections
from evaluation.leaderboard.markdown import asked
from evaluation.leaderboard.summary import sentences
from evaluation.leaderboard.wording import Board
from schemas.report.document import document
from schemas.report.markup import Html, data_text, element


def page(board: Board) -> str:
    """The whole page; it needs no script, no file and no network."""
    count = f"{len(board['models'])} models side by side"
    shown: list[Html | None] = [
        element("h1", data_text(board["dataset"]), f": {count}"),
        element("p", f"{board['asks']} {asked(board)}", class_="quiet"),
        element("ul", *(element("li", sentence) for sentence in sentences(board))),
        sections.ranking(board),
        sections.trade_offs(board),
        sections.ratings(board),
        sections.people_and_items(board),
        sections.learning(board),
        sections.method(board),
    ]
    parts = (part for part in shown if part is not None)
    return document(f"{board['dataset']}: {count}", *parts)
