"""The models of a run as the evaluation asks them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from schemas.artifacts import Artifact
from schemas.config import like_threshold

if TYPE_CHECKING:
    from evaluation.suite import Models


def served_models(stages: Mapping[str, Artifact], item_ids: np.ndarray) -> Models:
    """Opens both stages as they are served.

    Args:
        stages: `prepared`, `retrieval`, `index` and `ranking`.
        item_ids: object (str) `[items]`, the catalogue.
    """
    from evaluation.saved_models import Ranker, RetrievalModel, Retriever
    from evaluation.suite import Models
    from schemas.prepared import load_card
    from serving.retriever import open_retriever

    history_len = stages["retrieval"].manifest["config"]["history_len"]
    model = RetrievalModel(stages["retrieval"].path, item_ids, history_len)
    index, nothing = open_retriever(stages["index"]), np.empty(0, np.int64)

    def search(query_vector: Any, k: int) -> tuple[Any, Any, Any]:
        hits = index.search(query_vector, k, [nothing] * len(query_vector))
        return hits.rows, hits.scores, hits.valid

    settings = stages["ranking"].manifest["config"]
    ranker = Ranker(stages["ranking"].path, model, settings["history_len"])
    return Models(
        Retriever(model, search),
        ranker.rank,
        ranker.opinion,
        ranker.predict_pair,
        like_threshold(settings["like_share"], load_card(stages["prepared"]).rating_range),
    )
