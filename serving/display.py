"""Answers as tables for a terminal.

Text from elsewhere is given to Rich as `Text`: as a plain string, "[x]" in it would be markup.
"""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Group
from rich.table import Table
from rich.text import Text

from schemas import columns
from schemas import recommender_pb2 as pb


def recommendations_table(title: str, answer: pb.RecommendResponse) -> Group:
    """A row for each recommendation, and the response's notes below.

    Columns that no recommendation has anything for are left out.
    """
    rows = [
        {"": str(place), **_row(recommended)}
        for place, recommended in enumerate(answer.recommendations, start=1)
    ]
    table = Table(title=Text(title))
    names = [name for name in rows[0] if any(row[name] for row in rows)] if rows else []
    for name in names:
        table.add_column(name)
    for row in rows:
        table.add_row(*(Text(row[name]) for name in names))
    return Group(table, *(Text(f"note: {note}") for note in answer.notes))


def reasons_list(users: Sequence[str], answer: pb.RecommendResponse) -> Group:
    """For each recommendation that has reasons its title, and a line for each of them.

    Args:
        users: What the viewers are called, in the order of the request.
        answer: With reasons.
    """
    lines = []
    for recommended in answer.recommendations:
        lines += [_title(recommended.item)] if recommended.reasons else []
        for reason in recommended.reasons:
            who = "you" if len(users) == 1 else users[reason.viewer]
            word = "because" if reason.contribution >= 0 else "although"
            watched = _title(reason.item)
            lines.append(f"  {word} {who} watched {watched} ({reason.contribution:+.3f})")
    return Group(*(Text(line) for line in lines))


def _title(item: pb.Item) -> str:
    """The title of an item, or its id where it has none."""
    values = item.features[columns.TITLE].values if columns.TITLE in item.features else []
    return ", ".join(values) or item.item_id


def _row(recommended: pb.Recommendation) -> dict[str, str]:
    """Texts by column; a score that is one of the predictions stands there alone."""
    features, scores = recommended.item.features, recommended.scores
    predicted = {
        name: getattr(scores, name)
        for name in ("joint_rating", "watch_next")
        if scores.HasField(name)
    }
    texts = {name: ", ".join(features[name].values) for name in features}
    return {
        "id": recommended.item.item_id,
        "title": texts.get(columns.TITLE, ""),
        "year": texts.get("year", ""),
        "genres": texts.get("genres", ""),
        "score": "" if scores.score in predicted.values() else f"{scores.score:.4f}",
        "joint rating": f"{scores.joint_rating:.3f}" if "joint_rating" in predicted else "",
        "watch next": f"{scores.watch_next:.4f}" if "watch_next" in predicted else "",
    }
