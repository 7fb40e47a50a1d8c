"""Changes of a catalogue that is served in this process, and questions to its recommender."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from schemas import recommender_pb2 as pb
from serving.catalogue import Catalogue
from serving.live_recommender import LiveRecommender

Film = Mapping[str, Sequence[str]]
FILM: dict[str, list[str]] = {"title": ["A new film"], "genres": ["Drama"], "year": ["1990"]}


def upsert(live: LiveRecommender, **items: Film) -> tuple[int, int, int]:
    """Features of each item; returns how many were added, changed and as they were."""
    request = pb.UpsertItemsRequest(
        items=[
            pb.Item(
                item_id=item_id,
                features={name: pb.FeatureValues(values=values) for name, values in film.items()},
            )
            for item_id, film in items.items()
        ]
    )
    answer = live.upsert_items(request, "test")
    return answer.added, answer.changed, answer.unchanged


def delete(live: LiveRecommender, *item_ids: str) -> tuple[int, int]:
    """Returns how many were there and how many were not."""
    answer = live.delete_items(pb.DeleteItemsRequest(item_ids=item_ids), "test")
    return answer.deleted, answer.unknown


def viewers(*users: str) -> list[pb.Viewer]:
    return [pb.Viewer(user_id=user) for user in users]


def rank(
    live: LiveRecommender, who: Sequence[pb.Viewer], item_ids: Sequence[str], **fields: Any
) -> Sequence[pb.Recommendation]:
    request = pb.RankRequest(viewers=who, item_ids=item_ids, **fields)
    return live.rank(request, "test").recommendations


def info(live: LiveRecommender) -> pb.GetModelInfoResponse:
    return live.model_info(pb.GetModelInfoRequest(), "test")


def similar(live: LiveRecommender, item_id: str, k: int = 5) -> pb.SimilarItemsResponse:
    return live.similar_items(pb.SimilarItemsRequest(item_id=item_id, k=k), "test")


def watched(*item_ids: str) -> pb.Viewer:
    events = [pb.Event(item_id=item_id, rating=5) for item_id in item_ids]
    return pb.Viewer(anonymous=pb.AnonymousViewer(events=events))


def as_known(catalogue: Catalogue, item_id: str) -> Film:
    """An item's features as an answer shows them."""
    return catalogue.features(catalogue.rows([item_id]))[0]
