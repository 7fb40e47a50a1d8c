"""Codes to readable values and back."""

from __future__ import annotations

import pyarrow as pa
import pytest

from schemas.mappings import MAPPINGS, load_mapping, mapping_from_dict

NAMES = sorted(path.stem for path in MAPPINGS.glob("*.toml"))


@pytest.mark.parametrize(
    ("name", "code", "label", "size"),
    [
        ("age_groups", "1", "under 18", 7),
        ("age_groups", "56", "56 and over", 7),
        ("occupations", "0", "other or not specified", 21),
        ("occupations", "17", "technician/engineer", 21),
        ("genre_flags", "0", "unknown", 19),
        ("genre_flags", "18", "Western", 19),
    ],
)
def test_both_directions(name: str, code: str, label: str, size: int) -> None:
    mapping = load_mapping(name)
    assert len(mapping.codes) == size
    assert mapping.to_labels(pa.array([code, code])).to_pylist() == [label, label]
    assert mapping.to_codes(pa.array([label])).to_pylist() == [code]


def test_there_are_three() -> None:
    assert NAMES == ["age_groups", "genre_flags", "occupations"]


@pytest.mark.parametrize("name", NAMES)
def test_back_and_forth_changes_nothing(name: str) -> None:
    mapping = load_mapping(name)
    codes = pa.array(mapping.codes)
    assert mapping.name == name
    assert mapping.to_codes(mapping.to_labels(codes)) == codes


def test_nothing_to_translate() -> None:
    assert load_mapping("occupations").to_labels(pa.array([], pa.string())).to_pylist() == []


def test_unknown_values_are_named() -> None:
    occupations = load_mapping("occupations")
    with pytest.raises(ValueError, match=r"occupations: expected one of \['0', .*got '21'"):
        occupations.to_labels(pa.array(["3", "21"]))
    with pytest.raises(ValueError, match="got 'pirate'"):
        occupations.to_codes(pa.array(["writer", "pirate"]))
    with pytest.raises(ValueError, match="got None"):
        occupations.to_codes(pa.array([None], pa.string()))
    with pytest.raises(ValueError, match=r"mapping: expected one of \['age_groups', .*got 'zip'"):
        load_mapping("zip")


@pytest.mark.parametrize(
    ("raw", "message"),
    [
        ({"name": "a"}, "expected the keys name and labels"),
        ({"name": "a", "labels": ["x"]}, "expected a name and a table"),
        ({"name": "a", "labels": {"1": 2}}, "a: expected text for every label"),
        ({"name": "a", "labels": {"1": "x", "2": "x"}}, "a: expected each label once"),
    ],
)
def test_malformed_tables(raw: dict[str, object], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        mapping_from_dict(raw)
