"""Settings of the report that cannot work are refused by name."""

import pytest

from schemas.config import DescribeConfig, load_config


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("top_items", 0, "at least 1"),
        ("top_values", 0, "at least 1"),
        ("matrix_cells", 0, "at least 1"),
        ("matrix_cells", 2_001, "at most 2000"),
        ("seed", -1, "at least 0"),
    ],
)
def test_out_of_range(name, value, expected):
    with pytest.raises(ValueError, match=rf"describe\.{name}: expected {expected}, got {value}"):
        DescribeConfig(**{name: value})


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("top_items", 1),
        ("top_values", 1),
        ("matrix_cells", 1),
        ("matrix_cells", 2_000),
        ("seed", 0),
    ],
)
def test_limits_are_inclusive(name, value):
    assert getattr(DescribeConfig(**{name: value}), name) == value


def test_from_toml(tmp_path):
    path = tmp_path / "c.toml"
    path.write_text("[describe]\nmatrix_cells = 50\n")
    assert load_config(path).describe == DescribeConfig(matrix_cells=50)
