"""Answers as tables for a terminal.

Text from elsewhere is given to Rich as `Text`: as a plain string, "[x]" in it would be markup.
"""

from __future__ import annotations

from rich.console import Group
from rich.table import Table
from rich.text import Text

from schemas import columns
from schemas import recommender_pb2 as pb


def recommendations_table(title: str, answer: pb.RecommendResponse) -> Group:
    """A row for each recommendation, and the response's notes below."""
    table = Table("title", "genres", "score", "joint rating", "watch next", title=Text(title))
    for recommended in answer.recommendations:
        features = recommended.item.features
        texts = {name: ", ".join(features[name].values) for name in features}
        scores = recommended.scores
        table.add_row(
            Text(texts.get(columns.TITLE, recommended.item.item_id)),
            Text(texts.get("genres", "")),
            f"{scores.score:.3f}",
            f"{scores.joint_rating:.3f}" if scores.HasField("joint_rating") else "",
            f"{scores.watch_next:.3f}" if scores.HasField("watch_next") else "",
        )
    return Group(table, *(Text(f"note: {note}") for note in answer.notes))
