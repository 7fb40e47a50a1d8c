import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from pipeline.joining.features import METADATA_FEATURES, with_metadata
from pipeline.joining.gains import GAINED
from schemas.artifacts import Artifact
from schemas.cards import CARDS, load_card

CARD = load_card(CARDS / "ml-1m.toml")
ITEMS = pa.record_batch({"item_id": ["1", "2"], "title": ["Heat", "Alien"]})


@pytest.fixture
def metadata(tmp_path) -> Artifact:
    """Of three items, in another order; nobody has an IMDb rating."""
    rows = pa.table(
        {
            "item_id": ["3", "2", "1"],
            "runtime": pa.array([90.0, 117.0, np.nan], pa.float32()),
            "directors": [[], ["Ridley Scott"], ["Michael Mann"]],
            "actors": [[], ["Sigourney Weaver"], []],
            "imdb_rating": pa.array([np.nan] * 3, pa.float32()),
            "imdb_votes": pa.array([np.nan] * 3, pa.float32()),
            "description": ["", "In space.", ""],
        }
    )
    pq.write_table(rows, tmp_path / "metadata.parquet")
    filled = {"runtime": 2, "directors": 2, "actors": 1, "description": 1}
    figures = {"filled": filled | {"imdb_rating": 0, "imdb_votes": 0}}
    return Artifact(tmp_path, {"figures": figures})


def test_every_gain_has_a_feature():
    assert list(METADATA_FEATURES) == GAINED.names


def test_columns_and_features_are_added(metadata):
    items, card = with_metadata(ITEMS, CARD, metadata)
    added = ["runtime", "directors", "actors", "description"]
    assert items.schema.names == ["item_id", "title", *added]
    assert items.column("directors").to_pylist() == [["Michael Mann"], ["Ridley Scott"]]
    assert items.column("description").to_pylist() == ["", "In space."]
    assert list(card.item_features) == [*CARD.item_features, *added]
    assert list(CARD.item_features) == ["title", "genres", "year"]


def test_what_the_card_has_stands(metadata):
    first = with_metadata(ITEMS, CARD, metadata)
    items, card = with_metadata(*first, metadata)
    assert items.schema.names == first[0].schema.names
    assert card == first[1]


def test_metadata_of_other_items(metadata):
    other = pa.record_batch({"item_id": ["1", "9"]})
    with pytest.raises(ValueError, match=r"metadata\.parquet: item_id: .* got none named '9'"):
        with_metadata(other, CARD, metadata)
