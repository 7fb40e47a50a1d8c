"""The page holds nothing but what it should, whoever wrote the titles."""

import base64
import re
from html.parser import HTMLParser

import pytest

from pipeline.describe.stage import describe
from schemas.config import DescribeConfig
from tests.pipeline.describe.build import (
    GENDERS,
    ITEMS,
    PEOPLE,
    THURSDAY_NOON,
    card,
    write_prepared,
)

HOSTILE = [
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "' onmouseover='alert(1)",
    "</style></title></table><iframe src=//evil.example>",
    "$\\frac{",
    "&lt;b&gt; %s {0} \\1",
    "\u202eevil\u2066",
]
TAGS = {
    *("html", "head", "meta", "title", "style", "body", "section", "h1", "h2", "p", "strong"),
    *("figure", "figcaption", "img", "div", "span", "br", "bdi"),
    *("table", "caption", "thead", "tbody", "tr", "th", "td"),
}
ATTRIBUTES = {"lang", "charset", "name", "content", "http-equiv", "class", "style", "src", "alt"}


class Page(HTMLParser):
    """Everything of a page that could do something, and its text."""

    def __init__(self):
        super().__init__()
        self.tags, self.attributes, self.sources, self.texts = set(), set(), [], []
        self.figures = []

    def handle_starttag(self, tag, attributes):
        self.tags.add(tag)
        self.attributes.update(name for name, _ in attributes)
        self.sources += [value for name, value in attributes if name == "src"]
        if tag == "figure":
            self.figures.append([])

    def handle_data(self, text):
        self.texts.append(text)
        if self.figures:
            self.figures[-1].append(text)


def read(directory, people, items, dataset="test"):
    (directory / "prepared").mkdir()
    (directory / "out").mkdir()
    prepared = write_prepared(directory / "prepared", people, items, card(), GENDERS)
    prepared.manifest["figures"]["dataset"] = dataset
    describe(prepared, DescribeConfig(), directory / "out")
    page = Page()
    page.feed((directory / "out" / "report.html").read_text(encoding="utf-8"))
    return page


@pytest.fixture(scope="module")
def plain(tmp_path_factory):
    return read(tmp_path_factory.mktemp("plain"), PEOPLE, ITEMS)


def test_texts_of_the_data_do_nothing(tmp_path):
    """Each hostile text is an id, a title, a genre and a language; one is the dataset's name."""
    items = {
        text: {"title": text, "genres": [text], "language": text, "year": 2000.0}
        for text in sorted(HOSTILE)
    }
    people = {
        user: [(text, 3.0, THURSDAY_NOON) for text in texts]
        for user, texts in (("u1", HOSTILE), ("u2", HOSTILE[::-1]), ("u3", HOSTILE))
    }
    page = read(tmp_path, people, items, HOSTILE[0])
    assert page.tags <= TAGS
    assert page.attributes <= ATTRIBUTES
    for text in HOSTILE:
        assert page.texts.count(text) >= 4, text
    assert page.texts.count(HOSTILE[0]) >= 5


def test_nothing_is_loaded_and_nothing_runs(plain):
    assert len(plain.sources) == 8
    for source in plain.sources:
        kind, picture = source.split(",", 1)
        assert kind == "data:image/svg+xml;base64"
        svg = base64.b64decode(picture, validate=True).decode()
        assert "<script" not in svg
        links = re.findall(r'(?:href|src)="([^"]*)"', svg)
        assert all(link.startswith(("#", "data:")) for link in links)


def test_every_picture_has_a_title_and_a_sentence(plain):
    assert len(plain.figures) == 8
    for title, sentence, *_ in plain.figures:
        assert title
        assert not title.endswith(".")
        assert len(sentence.split()) > 8
        assert sentence.endswith(".")


def test_an_endless_title_is_cut(tmp_path):
    page = read(tmp_path, PEOPLE, ITEMS | {"a": ITEMS["a"] | {"title": "x" * 100_000}})
    assert max(len(text) for text in page.texts) < 5_000
