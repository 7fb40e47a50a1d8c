from evaluation.leaderboard.summary import sentences
from evaluation.leaderboard.wording import DASH, duration, interval, listed, memory, signed


def model(title, value, test=None):
    figures = {"ndcg@10": value, "hr@10": 2 * value}
    ends = {name: [v - 0.01, v + 0.01] for name, v in figures.items()}
    found = {"title": title, "figures": figures, "intervals": ends}
    if test:
        tested = {"difference": test[0], "p_holm": test[1]}
        found["against"] = {"ndcg@10": tested, "hr@10": tested}
    return found


def test_where_it_is_behind_is_told():
    found = sentences(
        {
            "against": "ours",
            "models": {
                "a": model("A", 0.1, (0.05, 0.01)),
                "b": model("B", 0.14, (0.01, 0.3)),
                "c": model("C", 0.16, (-0.01, 0.3)),
                "d": model("D", 0.15, (0.0, 1.0)),
                "ours": model("Ours", 0.15),
            },
        }
    )
    assert found == [
        "Best by NDCG@10: C, 0.1600 (95 %: 0.150 to 0.170), HR@10 0.3200; of 5 models.",
        "By HR@10, Ours (0.3000) is ahead of 2 of 4 others, of 1 beyond chance (p < 0.05, "
        "corrected for the number of models); level with D; behind C.",
        "By NDCG@10, Ours (0.1500) is ahead of 2 of 4 others, of 1 beyond chance (p < 0.05, "
        "corrected for the number of models); level with D; behind C.",
    ]


def test_numbers_as_people_read_them():
    assert [duration(s) for s in (None, 0.0412, 59.9, 90, 5_400)] == [
        *(DASH, "0.041 s", "59.9 s", "1.5 min", "1.5 h"),
    ]
    assert [memory(m) for m in (None, 1_234.4)] == [DASH, "1,234 MiB"]
    assert [signed(d) for d in (None, 0.01, -0.01)] == [DASH, "+0.0100", "-0.0100"]
    assert interval([0.1, 0.2]) == "0.100 to 0.200"
    assert [listed(["a", "b", "c"][:n]) for n in (1, 2, 3)] == ["a", "a and b", "a, b and c"]
