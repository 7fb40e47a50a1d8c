from rich.console import Console

from schemas import recommender_pb2 as pb
from serving.display import recommendations_table


def shown(title, answer):
    console = Console(width=120, force_terminal=False)
    with console.capture() as capture:
        console.print(recommendations_table(title, answer))
    return capture.get()


def item(item_id, **features):
    values = {name: pb.FeatureValues(values=texts) for name, texts in features.items()}
    return pb.Item(item_id=item_id, features=values)


def cells(text, about):
    (line,) = [line for line in text.splitlines() if about in line]
    return [cell.strip() for cell in line.strip("│").split("│")]


def test_a_ranked_and_a_popular_item():
    scores = pb.Scores(score=4.5, joint_rating=4.5, watch_next=-1.25)
    ranked = pb.Recommendation(item=item("1", title=["Alien"], genres=["Horror", "Sci-Fi"]))
    ranked.scores.CopyFrom(scores)
    popular = pb.Recommendation(item=item("2"), scores=pb.Scores(score=583))
    text = shown("For 7", pb.RecommendResponse(recommendations=[ranked, popular], notes=["few"]))
    assert "For 7" in text.splitlines()[0]
    assert cells(text, "Alien") == ["Alien", "Horror, Sci-Fi", "4.500", "4.500", "-1.250"]
    # Without a title the id stands for it; what was not predicted stays empty.
    assert cells(text, "583") == ["2", "", "583.000", "", ""]
    assert text.splitlines()[-1] == "note: few"


def test_brackets_are_shown_as_they_are():
    film = pb.Recommendation(item=item("1", title=["[rec] [/b]"], genres=["[red]"]))
    answer = pb.RecommendResponse(recommendations=[film], notes=["[bold]x"])
    text = shown("For [/i]", answer)
    for part in ("[rec] [/b]", "[red]", "[bold]x", "For [/i]"):
        assert part in text
