import dataclasses

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas import recommender_pb2 as pb
from schemas.cards import Feature, FeatureKind
from serving.catalogue import texts_of
from serving.catalogue_log.log import Edit
from serving.errors import RequestError
from serving.item_validation import ItemValidator
from tests.serving.build import CARD

TIMED = dataclasses.replace(
    CARD, item_features=CARD.item_features | {"shot": Feature(kind=FeatureKind.TIMESTAMP)}
)
VALIDATOR = ItemValidator(TIMED, 3)


def item(item_id="x", **features):
    return pb.Item(
        item_id=item_id,
        features={name: pb.FeatureValues(values=values) for name, values in features.items()},
    )


def upserts(*items):
    return VALIDATOR.upserts(pb.UpsertItemsRequest(items=items))


def test_texts_become_values_of_the_kind_of_their_feature():
    full = item(title=["Ça"], genres=["Drama", "War"], year=["7.3"], shot=["1970-01-02T00:00:00Z"])
    # 7.3 as float32 is 7.300000190734863; the second day begins after 86 400 s.
    known = {"title": "Ça", "genres": ["Drama", "War"], "year": 7.300000190734863, "shot": 86_400}
    assert upserts(full, item("y")) == [Edit("x", known), Edit("y", {})]


def test_what_is_missing_is_left_out():
    assert upserts(item(title=[""], genres=[], year=[""], shot=["0"])) == [Edit("x", {})]


@given(st.floats(width=32, allow_nan=False, allow_infinity=False))
def test_a_number_as_an_answer_shows_it_is_the_same_number(number):
    (edit,) = upserts(item(year=texts_of(number)))
    assert edit.features == {"year": number}


@given(st.integers(-62_167_219_200, 253_402_300_799).filter(bool))
def test_a_time_as_an_answer_shows_it_is_the_same_time(seconds):
    assert upserts(item(shot=texts_of(seconds)))[0].features == {"shot": seconds}
    assert upserts(item(shot=[str(seconds)]))[0].features == {"shot": seconds}


@pytest.mark.parametrize(
    ("items", "message"),
    [
        ([], "items: expected 1 to 3, got 0"),
        ([item(str(n)) for n in range(4)], "items: expected 1 to 3, got 4"),
        ([item(), item()], r"items\[1\].item_id: expected another item than items\[0\], got 'x'"),
        ([item("")], r"items\[0\].item_id: expected an id of 1 to 256 characters, .* got ''"),
        ([item("a\nb")], r"items\[0\].item_id: expected an id"),
        ([item("x" * 257)], r"items\[0\].item_id: expected an id"),
        ([item(director=["x"])], r"items\[0\].features: expected the names \['genres', 'shot', "),
        ([item(title=["a", "b"])], r"items\[0\].features\['title'\]: expected at most 1 values"),
        ([item(title=["x" * 10_001])], r"\['title'\].values\[0\]: expected 0 to 10000 characters"),
        ([item(genres=["a", ""])], r"\['genres'\].values\[1\]: expected 1 to 10000 characters"),
        (
            [item(genres=["x" * 9_999] * 7)],
            r"features: expected at most 65536 characters, got 69993",
        ),
        ([item(genres=["a", "a"])], r"\['genres'\]: expected each value once, got \['a', 'a'\]"),
        ([item(genres=[str(n) for n in range(101)])], "expected at most 100 values, got 101"),
        ([item(year=["soon"])], r"\['year'\]: expected a finite number, got 'soon'"),
        ([item(year=["nan"])], r"\['year'\]: expected a finite number, got 'nan'"),
        ([item(year=["1e39"])], r"\['year'\]: expected a finite number, got '1e39'"),
        ([item(shot=["1970-13-02T00:00:00Z"])], r"\['shot'\]: expected unix seconds or YYYY"),
        ([item(shot=["9" * 19])], r"\['shot'\]: expected unix seconds or YYYY"),
        ([item(shot=["9" * 9_999])], r"\['shot'\]: expected unix seconds or YYYY"),
    ],
)
def test_what_is_wrong_is_named(items, message):
    with pytest.raises(RequestError, match=message) as caught:
        upserts(*items)
    assert caught.value.code.name == "INVALID_ARGUMENT"


def test_deletions():
    assert VALIDATOR.deletions(pb.DeleteItemsRequest(item_ids=["b", "a"])) == [
        Edit("b", None),
        Edit("a", None),
    ]
    with pytest.raises(RequestError, match=r"item_ids\[1\]: expected another item than item_ids"):
        VALIDATOR.deletions(pb.DeleteItemsRequest(item_ids=["a", "a"]))
