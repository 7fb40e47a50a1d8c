"""What the retrieval model makes of its configuration and its catalogue."""

from __future__ import annotations

import numpy as np
import pytest

from schemas.config import RetrievalConfig
from towers.losses import full_softmax
from towers.model import RetrievalModel

ITEMS = 6
GENRES = {"genres": np.array([[0], [1], [2], [1], [0], [0]])}
CONFIG = RetrievalConfig(embedding_dim=8, history_len=3, tail_events=2, item_id_dropout=0.5)
HISTORY = {
    "history_item_id": np.array([[1, 2, 3]]),
    "history_rating": np.full((1, 3), np.nan, np.float32),
    "history_timestamp": np.zeros((1, 3), np.int64),
}


@pytest.mark.parametrize(("content", "dropped"), [(GENRES, True), ({}, False)])
def test_ids_are_dropped_where_items_are_more_than_their_ids(
    content: dict[str, np.ndarray], dropped: bool
) -> None:
    is_item = np.array([False, True, True, True, True, False])
    model = RetrievalModel(
        catalogue={"item_id": np.arange(ITEMS)} | content,
        is_item=is_item,
        is_fitted=is_item,
        item_sizes={"item_id": ITEMS} | dict.fromkeys(content, 3),
        user_sizes={},
        rating_range=(1.0, 5.0),
        config=CONFIG,
        loss=full_softmax,
    )
    served = np.asarray(model.catalogue_vectors())
    trained = [np.asarray(model(HISTORY, training=True)["catalogue"]) for _ in range(5)]
    assert any(not np.allclose(vectors, served) for vectors in trained) == dropped
