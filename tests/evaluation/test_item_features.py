import json
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from evaluation.item_features import read_item_features

TABLE = {"files": ["x"], "format": "csv", "item_id": "item"}


def write_prepared(directory: Path, features: dict[str, str]) -> Path:
    card = {
        "name": "films",
        "events": TABLE | {"user_id": "user"},
        "items": TABLE,
        "item_features": features,
    }
    (directory / "card.json").write_text(json.dumps(card))
    catalogue = {
        "item_id": ["a", "b", "c"],
        "genres": pa.array([["drama", "crime"], ["crime"], []], pa.list_(pa.string())),
        "language": ["fr", "", ""],
        "year": pa.array([1990.0, 1991.0, 1992.0], pa.float32()),
    }
    pq.write_table(pa.table(catalogue), directory / "catalogue.parquet")
    return directory


KINDS = {"genres": "multi_categorical", "language": "categorical", "year": "numeric"}


def test_all_named_values_side_by_side(tmp_path):
    found = read_item_features(write_prepared(tmp_path, KINDS), ()).toarray()
    # drama, crime, fr: of three values each weighs 1 / sqrt(3); of c nothing is known.
    third = 1 / np.sqrt(3)
    np.testing.assert_allclose(found, [[third, third, third], [0, 1, 0], [0, 0, 0]])


def test_the_features_asked_for(tmp_path):
    found = read_item_features(write_prepared(tmp_path, KINDS), ("genres",)).toarray()
    half = np.sqrt(0.5)
    np.testing.assert_allclose(found, [[half, half], [0, 1], [0, 0]])


def test_a_value_given_twice_counts_once(tmp_path):
    write_prepared(tmp_path, KINDS)
    table = pq.read_table(tmp_path / "catalogue.parquet")
    genres = pa.array([["drama", "drama", "crime"], ["crime"], []])
    pq.write_table(table.set_column(1, "genres", genres), tmp_path / "catalogue.parquet")
    found = read_item_features(tmp_path, ("genres",)).toarray()
    np.testing.assert_allclose(found[0], [np.sqrt(0.5)] * 2)


def test_a_catalogue_without_such_features(tmp_path):
    assert read_item_features(write_prepared(tmp_path, {"year": "numeric"}), ()) is None


@pytest.mark.parametrize("name", ["year", "colour"])
def test_another_name_is_refused(tmp_path, name):
    message = rf"evaluate.diversity_features: expected names out of .*'genres'.*got '{name}'"
    with pytest.raises(ValueError, match=message):
        read_item_features(write_prepared(tmp_path, KINDS), (name,))
