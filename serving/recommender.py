"""The request path, over the artefacts of one run."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from schemas import recommender_pb2 as pb
from schemas.config import ServeConfig
from serving.bundle import Bundle
from serving.event_store.absent import NOTHING_RECORDED
from serving.event_store.store import EventStore
from serving.event_validation import EventValidator
from serving.explain import Explain
from serving.live_profiles import LiveProfiles
from serving.recording import Recording, Tally
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

    All methods raise `RequestError` for what is the client's fault, and those that read or write
    what was recorded `StoreUnavailable`.
    """

    def __init__(
        self, bundle: Bundle, config: ServeConfig, store: EventStore = NOTHING_RECORDED
    ) -> None:
        """Puts the path together.

        Args:
            bundle: What to serve.
            config: The server's limits.
            store: What was recorded since the data was prepared; it stays the caller's.
        """
        self._bundle = bundle
        self.config = config
        self._validator = Validator(bundle.card, bundle.catalogue, config)
        self._recording = Recording(EventValidator(bundle.card, bundle.catalogue), store)
        profiles = LiveProfiles(
            bundle.profiles, store, bundle.card, bundle.catalogue, config.max_recorded
        )
        self._resolve = Resolve(profiles, bundle.card)
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

    def record_events(self, requests: Sequence[pb.RecordEventsRequest], so_far: Tally) -> Tally:
        """Records some more events of a call."""
        return self._recording.record(requests, so_far)

    def model_info(
        self, request: pb.GetModelInfoRequest, request_id: str
    ) -> pb.GetModelInfoResponse:
        """What the server runs."""
        bundle, config = self._bundle, self.config
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
                max_events=config.max_events,
            ),
            user_features={n: str(f.kind) for n, f in bundle.card.user_features.items()},
            item_features={n: str(f.kind) for n, f in bundle.card.item_features.items()},
            rating_min=bundle.card.rating.min if bundle.card.rating else 0.0,
            rating_max=bundle.card.rating.max if bundle.card.rating else 0.0,
        )

    def warm_up(self) -> None:
        """Sends requests down the path, so that no client waits for TensorFlow's first run."""
        event = pb.Event(item_id=self._bundle.catalogue.item_ids[0])
        viewer = pb.Viewer(anonymous=pb.AnonymousViewer(events=[event]))
        for viewers in (1, min(2, self.config.max_viewers)):
            # Seen items stay in, so that even a catalogue of one item reaches the ranker.
            request = pb.RecommendRequest(
                viewers=[viewer] * viewers,
                k=1,
                seen_policy=pb.INCLUDE_SEEN,
                explain=viewers <= self.config.max_explained_viewers,
            )
            self.recommend(request, "warm-up")


def _viewer_notes(viewers: Viewers) -> list[str]:
    notes = [
        f"viewers[{at}].user_id: not a user of the prepared data, and no events are recorded; "
        "taken as a viewer without history"
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
