from evaluation.leaderboard.board import board
from evaluation.leaderboard.tables import ranking
from evaluation.list_figures import Items
from tests.evaluation.leaderboard.build import CONFIG, LIKED, asked, models


def header(names):
    requests = asked()
    some = [model for model in models(requests) if model.name in names]
    found = board(some, requests, Items.known(requests, None), "two_stage", LIKED, CONFIG)
    return ranking(found).header


def test_a_column_in_which_no_model_has_anything_is_left_out():
    tested = header(["popularity", "two_stage"])
    assert [name for name in tested if name not in header(["popularity", "ease"])] == [
        "ahead",
        "p (Holm)",
    ]
