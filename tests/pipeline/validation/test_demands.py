"""Schemas that are none, that ask for what is not enforced, or that contradict the card."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipeline.validation.demands import load_demands
from pipeline.validation.expected import Expected
from schemas.cards import CARDS, load_card
from tests.pipeline.validation.build import card_in, inferred, write


@pytest.fixture
def schema(tmp_path: Path) -> Path:
    """A schema as inferred."""
    inferred(write(tmp_path), tmp_path / "a.pbtxt")
    return tmp_path / "a.pbtxt"


def replaced(schema: Path, old: str, new: str) -> dict[str, Expected]:
    """Demands of the schema with a passage replaced."""
    text = schema.read_text()
    assert text.count(old) == 1
    schema.write_text(text.replace(old, new))
    return load_demands(schema, card_in(schema.parent))


@pytest.mark.parametrize(
    ("feature", "added", "message"),
    [
        ("age", "drift_comparator {}", "'age': drift_comparator: expected what is enforced here"),
        ("age", "deprecated: true", "'age': deprecated: expected what is enforced here"),
        ("age", "not_in_environment: 'x'", "'age': not_in_environment: expected what is enf"),
        (
            "tags",
            "value_count { min: 3 max: 2 }",
            "value_count: expected min up to max, got 3 and 2",
        ),
        ("tags", "value_count { max: 0 }", "'tags': value_count: expected min up to max, got 1"),
        ("tags", "value_count { min: -1 }", "'tags': value_count: expected min up to max, got -1"),
        ("age", "value_count { max: 2 }", "'age': value_count: expected 1, as a row has, got 1"),
        ("age", "value_count { min: 2 }", "'age': value_count: expected 1, as a row has, got 2"),
        ("age", "presence { min_fraction: 1.5 }", "min_fraction: expected 0 to 1, got 1.5"),
        ("age", "presence { min_fraction: nan }", "min_fraction: expected 0 to 1, got nan"),
        (
            "age",
            "distribution_constraints { min_domain_mass: -1 }",
            "'age': distribution_constraints.min_domain_mass: expected 0 to 1, got -1",
        ),
        (
            "title",
            "distribution_constraints { min_domain_mass: 0.5 }",
            "'title': distribution_constraints: expected a domain to be inside of, got none",
        ),
        ("title", "int_domain {}", r"int_domain: expected one of \['domain', 'string_domain'\]"),
        ("title", "bool_domain {}", "'title': bool_domain: expected what is enforced here"),
        ("title", "string_domain {}", "string_domain: expected values that are not empty"),
        ("title", "string_domain { value: '' }", "string_domain: expected values that are not em"),
        ("title", "domain: 'nowhere'", r"'title': domain: .* one of \[\], got 'nowhere'"),
        ("user_id", "presence { min_fraction: 0.5 }", "expected 1, for every event has one"),
        ("user_id", "presence { min_count: 7 }", "presence.min_count: expected at most 1, got 7"),
        (
            "rating",
            "distribution_constraints { min_domain_mass: 0.9 }",
            "'rating': distribution_constraints: expected none; prepare.max_reject_rate is",
        ),
    ],
)
def test_a_demand_that_cannot_be(schema: Path, feature: str, added: str, message: str) -> None:
    # What was inferred goes, so that what is added is not there twice.
    text, name = schema.read_text(), f'  name: "{feature}"\n'
    field = added.split()[0].rstrip(":")
    start = text.index(name) + len(name)
    end = text.index("\n}\n", start)
    body, field_start = text[start:end], text.find(f"  {field} {{", start, end)
    if field_start >= 0:
        field_end = text.index("\n  }", field_start) + len("\n  }")
        body = text[start:field_start] + text[field_end:end]
    schema.write_text(text[:start] + f"  {added}\n" + body + text[end:])
    with pytest.raises(ValueError, match=message) as refused:
        load_demands(schema, card_in(schema.parent))
    assert str(schema) in str(refused.value)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('name: "age"', 'name: "ages"', "feature 'ages': expected a column that the card shop re"),
        ('name: "age"', "", "feature '': expected a column that the card shop reads, one of"),
        ('name: "age"', 'name: "gender"', "feature 'gender': expected it once, got it twice"),
        ("max: 59.0", "max: 19.0", "'age': float_domain: expected min up to max, got 20.0 and 19"),
        ("max: 59.0", "max: nan", "'age': float_domain: expected min up to max, got 20.0 and nan"),
        ("max: 59.0", "maximum: 59.0", 'has no field named "maximum"'),
        ("max: 59.0", "max: 99 } string_domain { value: 'x'", "float_domain"),
        ("# People", "}", "expected a TFMD schema as a text proto, got"),
        ("# People", "sparse_feature {}", "sparse_feature: expected what is enforced here, one of"),
        ("# People", "string_domain { name: 'a' } " * 2, "string_domain: expected each name once"),
    ],
)
def test_a_schema_that_contradicts_itself_or_the_card(
    schema: Path, old: str, new: str, message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        replaced(schema, old, new)


def test_a_column_that_the_schema_does_not_know(schema: Path) -> None:
    text = schema.read_text()
    start = text.index('feature {\n  name: "age"')
    schema.write_text(text[:start])
    with pytest.raises(ValueError, match="feature 'age': expected it in the schema, for the card"):
        load_demands(schema, card_in(schema.parent))


def test_another_type(schema: Path) -> None:
    message = "feature 'age': type: expected FLOAT, for the card says numeric; got INT"
    with pytest.raises(ValueError, match=message):
        replaced(schema, 'name: "age"\n  type: FLOAT', 'name: "age"\n  type: INT')
    schema.write_text('feature { name: "user_id" }')
    message = "type: expected BYTES, for that is what is read; got TYPE_UNKNOWN"
    with pytest.raises(ValueError, match=message):
        load_demands(schema, card_in(schema.parent))


@pytest.mark.parametrize(
    "content",
    [
        b"\xff\xfe\x00",
        b"feature {",
        b"feature: 7",
        b"no such field",
        b'feature { name: "user_id" int_domain { min: 99999999999999999999 } }',
        b"feature { struct_domain { " * 3_000,
        b"[type.googleapis.com/google.protobuf.Any] { }",
    ],
)
def test_a_file_that_is_no_schema(tmp_path: Path, content: bytes) -> None:
    write(tmp_path)
    (tmp_path / "a.pbtxt").write_bytes(content)
    with pytest.raises(ValueError, match=r"a\.pbtxt: expected a TFMD schema"):
        load_demands(tmp_path / "a.pbtxt", card_in(tmp_path))


@pytest.mark.parametrize(
    ("ends", "fits"),
    [
        *(("min: 1 max: 5", True), ("min: 0.1", True), ("max: 5", True), ("", True)),
        *(("min: 0.05", False), ("max: 5.5", False), ("min: 6", False)),
    ],
)
def test_a_rating_lies_inside_of_the_scale(schema: Path, ends: str, fits: bool) -> None:
    old, new = "float_domain {\n    min: 0.1\n    max: 5.0\n  }", f"float_domain {{ {ends} }}"
    if fits:
        found = replaced(schema, old, new)["rating"]
        assert found.has_domain == bool(ends)
    else:
        with pytest.raises(ValueError, match=r"'rating': float_domain: .* of the card's 0\.1"):
            replaced(schema, old, new)


def test_what_tfdv_writes_is_read(schema: Path) -> None:
    # A domain by its name, presence by count, the number of values of what has one.
    old = 'value: "F"\n    value: "M"\n  }\n  presence {'
    new = 'value: "F" } value_count { min: 1 max: 1 } presence { min_count: 1'
    assert replaced(schema, old, new)["gender"] == Expected(
        values=("F",), min_fraction=1, min_count=1
    )
    text = schema.read_text().replace('string_domain {\n    value: "F" }', 'domain: "sex"')
    schema.write_text(text + '\nstring_domain { name: "sex" value: "F" value: "X" }')
    assert load_demands(schema, card_in(schema.parent))["gender"].values == ("F", "X")


@pytest.mark.parametrize("card", sorted(CARDS.glob("*.toml")), ids=lambda path: path.stem)
def test_every_card_of_the_package_has_a_schema(card: Path) -> None:
    demands = load_demands(card.with_suffix(".pbtxt"), load_card(card))
    # 1995 to at most 2030, in unix seconds.
    assert 788_918_400 <= demands["timestamp"].low < demands["timestamp"].high < 1_924_992_000
    assert {"Drama", "Sci-Fi", "Western"} < set(demands["genres"].values)


def test_both_forms_of_ml_100k_are_held_against_the_same() -> None:
    first, second = (
        load_demands(CARDS / f"{name}.pbtxt", load_card(CARDS / f"{name}.toml"))
        for name in ("ml-100k", "ml-100k-tsv")
    )
    assert first == second
    assert len(first["occupation"].values) == 21
