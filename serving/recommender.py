"""The request path, over the artefacts of one run."""

from __future__ import annotations

import numpy as np

from schemas import recommender_pb2 as pb
from schemas.config import ServeConfig
from serving.bundle import Bundle
from serving.explain import Explain
from serving.stages import (
    Eligible,
    Encode,
    Filter,
    Popular,
    Rank,
    Resolve,
    Respond,
    Retrieve,
    Viewers,
    items,
)
from serving.trace import Trace
from serving.validation import Validator


class Recommender:
    """Answers requests; safe to call from several threads.

    All methods raise `RequestError` for what is the client's fault.
    """

    def __init__(self, bundle: Bundle, config: ServeConfig) -> None:
        self._bundle = bundle
        self._config = config
        self._validator = Validator(bundle.card, bundle.catalogue, config)
        self._resolve = Resolve(bundle.profiles, bundle.card)
        self._filter = Filter()
        self._encode = Encode(bundle.encoder)
        self._retrieve = Retrieve(bundle.retriever, config.candidates)
        self._rank = Rank(bundle.ranker, bundle.card)
        self._explain = Explain(bundle.ranker, bundle.card)
        self._popular = Popular(bundle.catalogue)
        self._respond = Respond(bundle.catalogue)
        self._versions = pb.ModelVersions(
            retrieval=bundle.versions["retrieval"],
            index=bundle.versions["index"],
            ranking=bundle.versions["ranking"],
        )

    def recommend(self, request: pb.RecommendRequest, request_id: str) -> pb.RecommendResponse:
        """The best items for the viewers."""
        query = self._validator.recommend(request)
        trace = Trace()
        viewers = trace.run(self._resolve, query.viewers)
        eligible = trace.run(self._filter, self._bundle.catalogue, viewers, query)
        if viewers.have_history:
            vectors = trace.run(self._encode, viewers)
            candidates = trace.run(self._retrieve, eligible, vectors, query.k)
            ranked = trace.run(self._rank, candidates, viewers, query.goal)
            if query.reasons:
                ranked = trace.run(self._explain, ranked, candidates, viewers, query)
        else:
            ranked = trace.run(self._popular, eligible)
        recommendations = trace.run(self._respond, ranked, query.k)
        return pb.RecommendResponse(
            request_id=request_id,
            recommendations=recommendations,
            notes=_viewer_notes(viewers) + _shortage_notes(eligible, query.k),
            stages=trace.reports,
            versions=self._versions,
            objective=query.goal.objective,
            group_strategy=query.goal.strategy,
        )

    def similar_items(
        self, request: pb.SimilarItemsRequest, request_id: str
    ) -> pb.SimilarItemsResponse:
        """The items whose vectors are nearest to an item's."""
        query = self._validator.similar(request)
        catalogue, retriever = self._bundle.catalogue, self._bundle.retriever
        barred = np.union1d(query.exclude, [query.row]).astype(np.int64)
        hits = retriever.search(retriever.vectors(np.array([query.row])), query.k, [barred])
        rows, scores = hits.rows[hits.valid], hits.scores[hits.valid]
        return pb.SimilarItemsResponse(
            request_id=request_id,
            items=[
                pb.SimilarItem(item=item, score=score)
                for item, score in zip(items(catalogue, rows), scores.tolist(), strict=True)
            ],
            notes=_shortage_notes(Eligible(len(catalogue), barred), query.k),
            versions=self._versions,
        )

    def model_info(
        self, request: pb.GetModelInfoRequest, request_id: str
    ) -> pb.GetModelInfoResponse:
        """What the server runs."""
        bundle, config = self._bundle, self._config
        return pb.GetModelInfoResponse(
            versions=self._versions,
            items=len(bundle.catalogue),
            users=len(bundle.profiles),
            index_kind=bundle.retriever.kind,
            limits=pb.Limits(
                max_k=config.max_k,
                max_viewers=config.max_viewers,
                max_history=config.max_history,
                max_exclude=config.max_exclude,
                max_message_bytes=config.max_message_bytes,
                max_explained=config.max_explained,
                max_explained_viewers=config.max_explained_viewers,
            ),
            user_features={n: str(f.kind) for n, f in bundle.card.user_features.items()},
            item_features={n: str(f.kind) for n, f in bundle.card.item_features.items()},
            rating_min=bundle.card.rating.min if bundle.card.rating else 0.0,
            rating_max=bundle.card.rating.max if bundle.card.rating else 0.0,
        )

    def check_models(self) -> None:
        """Returns if the models would answer now.

        Raises:
            BackendError: One would not.
        """
        self._bundle.check_models()

    def warm_up(self) -> None:
        """Sends requests down the path, so that no client waits for TensorFlow's first run."""
        event = pb.Event(item_id=self._bundle.catalogue.item_ids[0])
        viewer = pb.Viewer(anonymous=pb.AnonymousViewer(events=[event]))
        for viewers in (1, min(2, self._config.max_viewers)):
            # Seen items stay in, so that even a catalogue of one item reaches the ranker.
            request = pb.RecommendRequest(
                viewers=[viewer] * viewers,
                k=1,
                seen_policy=pb.INCLUDE_SEEN,
                explain=viewers <= self._config.max_explained_viewers,
            )
            self.recommend(request, "warm-up")


def _viewer_notes(viewers: Viewers) -> list[str]:
    notes = [
        f"viewers[{at}].user_id: not a user of the prepared data; taken as a viewer without history"
        for at in viewers.unknown
    ]
    if not viewers.have_history:
        notes.append("no viewer has a history: these are the most watched items")
    return notes


def _shortage_notes(eligible: Eligible, k: int) -> list[str]:
    if len(eligible) >= k:
        return []
    return [
        f"{len(eligible)} items instead of {k}: the catalogue holds {eligible.items}, "
        f"{len(eligible.barred)} of them seen or excluded"
    ]
