import copy
import re
from dataclasses import replace
from pathlib import Path

import pytest

from schemas.cards import CARDS, FeatureKind, card_from_dict, load_card

TABLE = {"files": ["a.csv"], "format": "csv"}
EVENTS = TABLE | {"user_id": "u", "item_id": "i", "rating": "stars", "timestamp": "t"}
IMPLICIT = {key: value for key, value in EVENTS.items() if key != "rating"}
PLAIN = {
    "name": "tiny",
    "events": EVENTS,
    "rating": {"min": 1, "max": 5},
    "items": TABLE | {"item_id": "i"},
    "users": TABLE | {"user_id": "u"},
    "user_features": {"gender": "categorical"},
    "item_features": {
        "title": "display",
        "genres": {"kind": "multi_categorical", "column": "Genres", "missing": ["none"]},
        "year": "numeric",
    },
}
TOML = """
name = "tiny"
events = { files = "a.csv", format = "csv", user_id = "u", item_id = "i", rating = "stars", timestamp = "t" }
items = { files = ["a.csv"], format = "csv", item_id = "i" }
users = { files = ["a.csv"], format = "csv", user_id = "u" }
[rating]
min = 1
max = 5
[user_features]
gender = "categorical"
[item_features]
title = "display"
genres = { kind = "multi_categorical", column = "Genres", missing = ["none"] }
year = "numeric"
"""  # noqa: E501


def test_reads_toml(tmp_path: Path):
    path = tmp_path / "tiny.toml"
    path.write_text(TOML)
    assert load_card(path) == card_from_dict(PLAIN, "here")


def test_no_toml(tmp_path: Path):
    path = tmp_path / "tiny.toml"
    path.write_text("name = ")
    with pytest.raises(ValueError, match=r"tiny\.toml: expected TOML, got Invalid value"):
        load_card(path)


def test_inputs_are_what_models_read():
    card = card_from_dict(PLAIN, "here")
    assert card.item_inputs == {
        "genres": FeatureKind.MULTI_CATEGORICAL,
        "year": FeatureKind.NUMERIC,
    }
    assert list(card.item_features) == ["title", "genres", "year"]
    assert card.user_inputs == {"gender": FeatureKind.CATEGORICAL}
    assert card.rating_range == (1.0, 5.0)


def test_a_feature_is_the_column_of_its_name_unless_told_otherwise():
    features = card_from_dict(PLAIN, "here").item_features
    assert features["year"].columns == ("year",)
    assert features["genres"].columns == ("Genres",)


def test_the_least_card():
    card = card_from_dict({"name": "clicks", "events": IMPLICIT}, "here")
    assert (card.rating, card.items, card.users) == (None, None, None)
    assert card.rating_range == (0.0, 1.0)
    assert card.events.mapping == {"user_id": "u", "item_id": "i", "timestamp": "t"}


@pytest.mark.parametrize("path", sorted(CARDS.glob("*.toml")), ids=lambda path: path.stem)
def test_every_card_of_the_package_survives_the_way_through_json(path: Path):
    card = load_card(path)
    assert card_from_dict(card.to_dict(), "here") == card
    assert card != replace(card, item_features={})


def changed(table: str, **keys: object) -> dict[str, object]:
    return PLAIN | {table: PLAIN[table] | keys}


def feature(**keys: object) -> dict[str, object]:
    return PLAIN | {"item_features": {"x": keys}}


def without(key: str) -> dict[str, object]:
    return {name: value for name, value in PLAIN.items() if name != key}


@pytest.mark.parametrize(
    ("raw", "message"),
    [
        (without("events"), "here: expected the key 'events', got ['item_features', 'items', "),
        (without("name"), "here: expected the key 'name'"),
        (PLAIN | {"name": " "}, "here: name: expected a name, got ' '"),
        (PLAIN | {"licence": "CC0"}, "here: unknown key 'licence'; known: ['name', 'events', "),
        (PLAIN | {"events": "u.data"}, "here: events: expected a table, got 'u.data'"),
        (PLAIN | {"item_features": []}, "here: item_features: expected a table, got []"),
        (changed("events", seperator=";"), "here: events: unknown key 'seperator'; known: ['col"),
        (changed("events", format="tsv"), "events.format: expected one of ['csv', 'jsonl', 'par"),
        (changed("events", quoted=1), "events.quoted: expected bool, got 1"),
        (changed("events", files=[1]), "events.files: expected a string or a list of strings"),
        (changed("events", files=[]), "events.files: expected at least one, got none"),
        (changed("events", files="../x"), "events.files: expected paths below the data directory"),
        (changed("events", files="a/../../x"), "events.files: expected paths below the data dir"),
        (changed("events", files="/etc/x"), "events.files: expected paths below the data dir"),
        (changed("events", separator="::"), "events.quoted: expected false, for the separator"),
        (changed("events", separator="\n"), "events.separator: expected no quote and no line end"),
        (changed("events", separator=""), "events.separator: expected no quote and no line end"),
        (changed("events", columns=["u", "u"]), "events.columns: expected each name once"),
        (changed("events", encoding="utf-16"), "events.encoding: expected a text encoding in wh"),
        (changed("events", encoding="hex"), "events.encoding: expected a text encoding in which"),
        (changed("events", encoding="klingon"), "events.encoding: expected a text encoding in"),
        (changed("events", timestamp_unit="min"), "timestamp_unit: expected one of ['s', 'ms'"),
        (
            changed("items", format="jsonl", separator=";"),
            "items.separator: expected none, for the format is jsonl",
        ),
        (changed("items", user_id="u"), "here: items: unknown key 'user_id'"),
        (PLAIN | {"users": TABLE}, "here: users: expected the key 'user_id', got ['files', 'form"),
        (PLAIN | {"rating": {"min": 1}}, "here: rating: expected the key 'max', got ['min']"),
        (PLAIN | {"rating": {"min": 5, "max": 5}}, "rating.min: expected less than max = 5.0, got"),
        (without("rating"), "here: rating: expected min and max exactly if events.rating is given"),
        (PLAIN | {"events": IMPLICIT}, "here: rating: expected min and max exactly if events.rat"),
        (without("items"), "here: item_features: expected [items], which holds ['title', 'genres"),
        (without("users"), "here: user_features: expected [users], which holds ['gender']"),
        (
            PLAIN | {"item_features": {"plot": "words"}},
            "here: item_features.plot.kind: expected one of ['categorical', 'multi_categorical',",
        ),
        (PLAIN | {"item_features": {"plot": 3}}, "item_features.plot: expected a table, got 3"),
        (feature(kind="numeric", colum="y"), "item_features.x: unknown key 'colum'; known: ['col"),
        (feature(kind="numeric", separator=","), "x.separator: expected none, for the kind is num"),
        (feature(kind="numeric", min_count=2), "x.min_count: expected none, for the kind is num"),
        (feature(kind="categorical", ngrams=2), "x.ngrams: expected none, for the kind is cat"),
        (feature(kind="text", min_count=0), "x.min_count: expected at least 1, got 0"),
        (feature(kind="display", pattern="(a"), "x.pattern: expected a regular expression, got"),
        (feature(kind="display", pattern="a"), "x.pattern: expected a group in parentheses"),
        (
            feature(kind="multi_categorical", flags=["A"], column="B"),
            "x.flags: expected no column and no pattern beside ['A']",
        ),
        (
            PLAIN | {"user_features": {"liked": "multi_categorical"}},
            "here: user_features.liked: expected one of ['categorical', 'numeric', 'timestamp', 'd",
        ),
        (PLAIN | {"user_features": {"year": "numeric"}}, "['year'] named both as user and as item"),
        (
            PLAIN | {"item_features": {"my year": "numeric"}},
            "'my year': expected a feature name of",
        ),
        (PLAIN | {"item_features": {"rating": "numeric"}}, "'rating': expected another feature na"),
        (PLAIN | {"item_features": {"x_z_score": "numeric"}}, "'x_z_score': expected another feat"),
        (PLAIN | {"item_features": {"history_x": "numeric"}}, "'history_x': expected another feat"),
    ],
)
def test_errors_name_the_place_and_what_was_expected(raw: dict[str, object], message: str):
    with pytest.raises(ValueError, match=re.escape(message)):
        card_from_dict(copy.deepcopy(raw), "here")
