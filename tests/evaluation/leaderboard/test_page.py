"""The page shows what was measured, and holds nothing but what it should."""

import base64
import re
from html.parser import HTMLParser

import pytest

from evaluation.leaderboard.board import board
from evaluation.leaderboard.page import page
from evaluation.list_figures import Items
from tests.evaluation.leaderboard.build import ABOUT, CONFIG, LIKED, asked, models, small_board

HOSTILE = ["<script>alert(1)</script>", '"><img src=x onerror=alert(1)>', "$\\frac{", "\u202eevil"]


class Page(HTMLParser):
    """Tags, sources, and the texts of what is below each heading."""

    def __init__(self):
        super().__init__()
        self.tags, self.sources, self.text, self.captions = set(), [], "", []

    def handle_starttag(self, tag, attributes):
        self.tags.add(tag)
        self.sources += [value for name, value in attributes if name in ("src", "href")]
        if tag == "figcaption":
            self.captions.append("")

    def handle_data(self, text):
        self.text += text
        if self.captions:
            self.captions[-1] += text


def read(found):
    html = page(found)
    parsed = Page()
    parsed.feed(html)
    return html, parsed


@pytest.fixture(scope="module")
def small():
    return small_board() | ABOUT


def test_it_needs_nothing_else(small):
    html, parsed = read(small)
    assert not parsed.tags & {"script", "link", "iframe", "object", "embed", "form"}
    assert parsed.sources and all(
        s.startswith("data:image/svg+xml;base64,") for s in parsed.sources
    )
    for source in parsed.sources:
        svg = base64.b64decode(source.partition(",")[2]).decode()
        assert "<script" not in svg
        assert not re.search(r"href=\"(?!#)", svg)
    assert "default-src 'none'" in html


def test_every_kind_of_picture_is_there_with_a_sentence(small):
    _, parsed = read(small)
    titles = (
        "NDCG@10 of each model",
        "Accuracy against coverage",
        "Accuracy against popularity",
        "Accuracy against training time",
        "Calibration of predicted ratings",
        "Calibration of the chance that a rating is 4 or more",
        "Learning curves of retrieval",
    )
    for title, caption in zip(titles, parsed.captions, strict=True):
        assert caption.startswith(title)
        assert "." in caption[len(title) :]


def test_figures_and_tests_are_shown(small):
    _, parsed = read(small)
    for text in (
        "test: 4 models side by side",
        "80 events of 80 people are asked for, among 40 items",
        "Best by NDCG@10: Both stages, 1.0000",
        "is ahead of all 2 others, of 2 beyond chance",
        "behind none",
        "1.0 min",
        "900 MiB",
        f"{small['models']['ease']['figures']['hr@10']:.4f}",
        "als: implicit not installed",
        "By gender",
        "Gaps between groups of people",
        "two stage 0.3000 after 3 of 3 epochs",
    ):
        assert text in parsed.text, text


def test_texts_of_the_data_reach_the_page_escaped():
    requests = asked()
    requests.user_features["gender"][:] = (HOSTILE * 20)[:80]
    some = models(requests)
    found = board(some, requests, Items.known(requests, None), "two_stage", LIKED, CONFIG)
    html, parsed = read(found | ABOUT | {"dataset": HOSTILE[0]})
    assert not parsed.tags & {"script", "iframe"}
    assert "onerror=alert(1)>" not in html.replace("&gt;", "")
    assert "\u202e" not in html.partition("<body>")[2].replace("<bdi>\u202eevil</bdi>", "")


def test_of_ratings_alone_there_is_no_ranking():
    requests = asked()
    some = [model for model in models(requests) if model.name == "bias"]
    found = board(some, requests, Items.known(requests, None), "two_stage", LIKED, CONFIG)
    _, parsed = read(found | ABOUT)
    assert "Best by RMSE of ratings: Bias model, 0.5000" in parsed.text
    for absent in ("Ranking", "What accuracy costs", "For whom it works", "Learning"):
        assert absent not in parsed.text


def test_the_same_comparison_is_the_same_page(small):
    assert page(small) == page(small)
