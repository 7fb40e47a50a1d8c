"""Conditions and caps as they are written at a terminal."""

from __future__ import annotations

import pytest

from commands.conditions import read_caps, read_conditions
from schemas import recommender_pb2 as pb


def values(*texts):
    return pb.FeatureValues(values=texts)


@pytest.mark.parametrize(
    ("attribute", "condition"),
    [
        ("genres=Drama", pb.Condition(feature="genres", any_of=values("Drama"))),
        ("genres=Drama|Sci-Fi", pb.Condition(feature="genres", any_of=values("Drama", "Sci-Fi"))),
        ("genres!=Horror|War", pb.Condition(feature="genres", none_of=values("Horror", "War"))),
        ("year=1990..1999", pb.Condition(feature="year", range=pb.Range(least=1990, most=1999))),
        ("year=..1980.5", pb.Condition(feature="year", range=pb.Range(most=1980.5))),
        ("day=-3..", pb.Condition(feature="day", range=pb.Range(least=-3))),
        ("title=..", pb.Condition(feature="title", any_of=values(".."))),
        ("title=A..B", pb.Condition(feature="title", any_of=values("A..B"))),
        ("title!=1..2", pb.Condition(feature="title", none_of=values("1..2"))),
        ("title=E=mc²", pb.Condition(feature="title", any_of=values("E=mc²"))),
    ],
)
def test_attributes(attribute, condition):
    assert read_conditions([], [attribute]) == [condition]


def test_one_of_some_genres_and_every_attribute():
    conditions = read_conditions(["Drama", "War"], ["year=1990..", "year=..1999"])
    assert len(conditions) == 3
    assert conditions[-1] == pb.Condition(feature="genres", any_of=values("Drama", "War"))
    assert read_conditions([], []) == []


@pytest.mark.parametrize("wrong", ["", "genres", "=Drama", "!=Drama", "genres=", "genres!="])
def test_attributes_of_another_form(wrong):
    with pytest.raises(ValueError, match="--attribute: expected FEATURE=VALUE"):
        read_conditions([], [wrong])


def test_caps():
    assert read_caps(["genres=2", "year=10"]) == {"genres": 2, "year": 10}
    for wrong in ("genres", "=2", "genres=", "genres=few", "genres=-1"):
        with pytest.raises(ValueError, match="--cap: expected FEATURE=COUNT"):
            read_caps([wrong])
