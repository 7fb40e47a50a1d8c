import copy
import re

import pytest

from schemas.cards import CARDS, FeatureKind, card_from_dict, load_card

PLAIN = {
    "name": "tiny",
    "rating": {"min": 1, "max": 5},
    "user_features": {"gender": "categorical"},
    "item_features": {"title": "display", "genres": "multi_categorical", "year": "numeric"},
}


def test_reads_toml(tmp_path):
    path = tmp_path / "tiny.toml"
    path.write_text(
        'name = "tiny"\n[rating]\nmin = 1\nmax = 5\n[user_features]\ngender = "categorical"\n'
        '[item_features]\ntitle = "display"\ngenres = "multi_categorical"\nyear = "numeric"\n'
    )
    assert load_card(path) == card_from_dict(PLAIN, "here")


def test_inputs_are_what_models_read():
    card = card_from_dict(PLAIN, "here")
    assert card.item_inputs == {
        "genres": FeatureKind.MULTI_CATEGORICAL,
        "year": FeatureKind.NUMERIC,
    }
    assert list(card.item_features) == ["title", "genres", "year"]
    assert card.user_inputs == {"gender": FeatureKind.CATEGORICAL}
    assert (card.rating_min, card.rating_max) == (1.0, 5.0)


@pytest.mark.parametrize("path", sorted(CARDS.glob("*.toml")), ids=lambda path: path.stem)
def test_every_card_of_the_package_survives_the_way_through_json(path):
    card = load_card(path)
    assert card_from_dict(card.to_dict(), "here") == card
    assert card.item_inputs


def without(key):
    return {name: value for name, value in PLAIN.items() if name != key}


@pytest.mark.parametrize(
    ("raw", "message"),
    [
        (without("rating"), "here: expected the keys ['item_features', 'name', 'rating', 'user_"),
        (PLAIN | {"licence": "CC0"}, "'licence'"),
        (PLAIN | {"rating": {"min": 1}}, "here: rating: expected min and max, got ['min']"),
        (PLAIN | {"rating": {"min": 5, "max": 5}}, "expected min < max, got 5.0 and 5.0"),
        (
            PLAIN | {"item_features": {"plot": "text"}},
            "here: item_features.plot: expected one of ['categorical', 'multi_categorical',",
        ),
        (
            PLAIN | {"user_features": {"languages": "multi_categorical"}},
            "here: user_features.languages: expected one of ['categorical', 'numeric', 'display'], "
            "got 'multi_categorical'",
        ),
        (PLAIN | {"user_features": {"year": "numeric"}}, "['year'] named both as user and as item"),
    ],
)
def test_errors_name_the_place_and_what_was_expected(raw, message):
    with pytest.raises(ValueError, match=re.escape(message)):
        card_from_dict(copy.deepcopy(raw), "here")
