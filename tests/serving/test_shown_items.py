import numpy as np
import pytest

from serving.catalogue import Catalogue
from serving.shown_items import ShownItems
from tests.serving.build import CARD, NAN, write_catalogue

ITEMS = [
    ("a", "Alien", ["Horror", "Sci-Fi"], 1979.0, 5),
    ("b", "", [], NAN, 9),
    ("c", "Ça", ["Drama"], 7.3, 5),
]


@pytest.fixture
def catalogue(tmp_path):
    return Catalogue(write_catalogue(tmp_path, ITEMS), CARD)


def told(items):
    return [
        (item.item_id, {name: list(known.values) for name, known in item.features.items()})
        for item in items
    ]


def test_items_in_the_order_of_the_rows(catalogue):
    shown = ShownItems(catalogue).of(np.array([2, 0, 2, 1]))
    c = ("c", {"title": ["Ça"], "genres": ["Drama"], "year": ["7.3"]})
    a = ("a", {"title": ["Alien"], "genres": ["Horror", "Sci-Fi"], "year": ["1979"]})
    assert told(shown) == [c, a, c, ("b", {})]


@pytest.mark.parametrize("most", [0, 1, 2, 3, 10])
def test_however_many_are_kept(catalogue, most, monkeypatch):
    asked = []
    looked_up = catalogue.features
    monkeypatch.setattr(
        catalogue, "features", lambda rows: asked.append(len(rows)) or looked_up(rows)
    )
    shown, random = ShownItems(catalogue, most), np.random.default_rng(most)
    for _ in range(50):
        rows = random.integers(0, 3, random.integers(0, 5))
        assert [item.item_id for item in shown.of(rows)] == ["abc"[row] for row in rows]
    assert len(shown._kept) <= max(most, 3)
    assert (sum(asked) == 3) == (most >= 3)
