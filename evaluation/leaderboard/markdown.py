"""`compare.md`: the sentences and tables of a comparison."""

from __future__ import annotations

from evaluation.leaderboard import tables
from evaluation.leaderboard.summary import sentences
from evaluation.leaderboard.tables import Table
from evaluation.leaderboard.wording import Board, ranked, rated


def markdown(board: Board) -> str:
    """The whole file."""
    shown = [tables.ranking, tables.accuracy, tables.beyond_accuracy] if ranked(board) else []
    shown += [tables.ratings] if rated(board) else []
    parts = [
        f"# {_plain(board['dataset'])}: {len(board['models'])} models",
        f"{board['asks']} {asked(board)}",
        "\n".join(f"- {sentence}" for sentence in sentences(board)),
        *(_table(made(board)) for made in [*shown, tables.sources]),
    ]
    if board["left_out"]:
        left_out = (f"- `{name}`: {reason}" for name, reason in board["left_out"].items())
        parts.append("Left out:\n\n" + "\n".join(left_out))
    return "\n\n".join(parts) + "\n"


def asked(board: Board) -> str:
    """How much was asked, and of what data."""
    protocol, rows = board["protocol"], board["rows"]
    return (
        f"{protocol['targets']:,} events of {protocol['users']:,} people are asked for, among "
        f"{rows['items']:,} items; the data has {rows['accepted']:,} events."
    )


def _table(table: Table) -> str:
    lines = [
        f"## {table.title}\n\n{table.sentence}\n",
        _line(table.header),
        _line(["---" if at < table.words else "---:" for at in range(len(table.header))]),
        *(_line(row) for row in table.rows),
    ]
    return "\n".join(lines)


def _line(cells: list[str]) -> str:
    return f"| {' | '.join(_plain(cell) for cell in cells)} |"


def _plain(text: str) -> str:
    """A text of one line that cannot end its cell."""
    return " ".join(text.split()).replace("\\", "\\\\").replace("|", "\\|")
