"""Tables of answers: what no recommendation has is no column."""

from __future__ import annotations

import io

from rich.console import Console

from schemas import recommender_pb2 as pb
from serving.display import reasons_list, recommendations_table


def shown(*recommendations: pb.Recommendation, notes: tuple[str, ...] = ()) -> list[str]:
    """The lines of the table without its frame."""
    answer = pb.RecommendResponse(recommendations=recommendations, notes=notes)
    console = Console(width=100, file=io.StringIO())
    console.print(recommendations_table("For u", answer))
    lines = console.file.getvalue().splitlines()  # type: ignore[attr-defined]
    return [" ".join(line.replace("│", " ").replace("┃", " ").split()) for line in lines]


def recommendation(item_id: str, scores: pb.Scores, **features: str) -> pb.Recommendation:
    values = {name: pb.FeatureValues(values=[text]) for name, text in features.items()}
    return pb.Recommendation(item=pb.Item(item_id=item_id, features=values), scores=scores)


def test_a_film_with_everything() -> None:
    scores = pb.Scores(score=2.25, joint_rating=4.5, watch_next=0.0012)
    film = recommendation("8", scores, title="Alien", year="1979", genres="Horror")
    found = shown(film, notes=("few",))
    assert found[2] == "id title year genres score joint rating watch next"
    assert "1 8 Alien 1979 Horror 2.2500 4.500 0.0012" in found
    assert found[-1] == "note: few"


def test_an_item_of_which_little_is_known() -> None:
    found = shown(recommendation("B/7", pb.Scores(score=0.25, watch_next=0.25), subject="sea"))
    assert found[2] == "id watch next"
    assert "1 B/7 0.2500" in found


def test_nothing_to_show() -> None:
    assert "note: none left" in shown(notes=("none left",))


def explained(*users: str) -> list[str]:
    film = recommendation("9", pb.Scores(score=1), title="[b]Alien")
    for viewer, number, contribution in ((0, "1", 0.25), (1, "B/7", -0.5)):
        features = {"title": pb.FeatureValues(values=["Jaws"])} if number == "1" else {}
        item = pb.Item(item_id=number, features=features)
        film.reasons.add(viewer=viewer % len(users), item=item, contribution=contribution)
    answer = pb.RecommendResponse(recommendations=[film, recommendation("2", pb.Scores(score=1))])
    console = Console(width=100, file=io.StringIO())
    console.print(reasons_list(users, answer))
    return [line.rstrip() for line in console.file.getvalue().splitlines()]  # type: ignore[attr-defined]


def test_reasons_of_one_viewer() -> None:
    assert explained("u") == [
        "[b]Alien",
        "  because you watched Jaws (+0.250)",
        "  although you watched B/7 (-0.500)",
    ]


def test_reasons_of_a_pair_say_whose_they_are() -> None:
    assert explained("ann", "bob")[1:] == [
        "  because ann watched Jaws (+0.250)",
        "  although bob watched B/7 (-0.500)",
    ]


def test_brackets_are_shown_as_they_are() -> None:
    film = recommendation("1", pb.Scores(score=1), title="[rec] [/b]", genres="[red]")
    text = "\n".join(shown(film, notes=("[bold]x",)))
    for part in ("[rec] [/b]", "[red]", "[bold]x"):
        assert part in text
