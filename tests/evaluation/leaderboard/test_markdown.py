from evaluation.leaderboard.markdown import markdown
from tests.evaluation.leaderboard.build import ABOUT, small_board


def test_tables_are_whole():
    text = markdown(small_board() | ABOUT | {"dataset": "a|b\nc"})
    assert text.startswith("# a\\|b c: 4 models\n")
    tables = [block.splitlines() for block in text.split("\n\n") if block.startswith("|")]
    assert len(tables) == 5
    for lines in tables:
        columns = lines[0].count(" | ")
        assert all(line.count(" | ") == columns for line in lines)
    ranking = tables[0]
    assert ranking[2].startswith("| Both stages | 1.0000 | 1.0000 |")
    assert len(ranking) == 2 + 3
    assert "- `als`: implicit not installed" in text
