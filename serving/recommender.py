"""The request path, over the artefacts of one run."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence

import numpy as np

from schemas import recommender_pb2 as pb
from schemas.config import ServeConfig
from serving.bundle import Bundle
from serving.eligible import Eligible, only
from serving.event_store.absent import NOTHING_RECORDED
from serving.event_store.store import EventStore
from serving.event_validation import EventValidator
from serving.explain import Explain
from serving.live_profiles import LiveProfiles
from serving.notes import candidate_notes, filter_notes, shortage_notes, viewer_notes
from serving.pages import Pages
from serving.recording import Recording, Tally
from serving.rerank import Rerank
from serving.rest import Rest, Score
from serving.shown_items import ShownItems
from serving.similar import Nearest, Similar
from serving.stages import (
    Encode,
    Filter,
    Popular,
    Rank,
    Resolve,
    Respond,
    Retrieve,
)
from serving.trace import Trace
from serving.validation import Validator


class Recommender:
    """Answers requests; safe to call from several threads.

    All methods raise `RequestError` for what is the client's fault, and those that read or write
    what was recorded `StoreUnavailable`.

    Attributes:
        config: The server's limits.
        model_versions: Of what is served, as answers say it.
    """

    def __init__(
        self,
        bundle: Bundle,
        config: ServeConfig,
        store: EventStore = NOTHING_RECORDED,
        clock: Callable[[], float] = time.perf_counter,
    ) -> None:
        """Puts the path together.

        Args:
            bundle: What to serve.
            config: The server's limits.
            store: What was recorded since the data was prepared; it stays the caller's.
            clock: Seconds that stages are timed by.
        """
        self._bundle = bundle
        self._clock = clock
        self.config = config
        self._validator = Validator(bundle.card, bundle.catalogue, config)
        events = EventValidator(bundle.card, bundle.catalogue, store.holds)
        self._recording = Recording(events, store)
        profiles = LiveProfiles(
            bundle.profiles, store, bundle.card, bundle.catalogue, config.max_recorded
        )
        self._resolve = Resolve(profiles, bundle.card)
        self._filter = Filter()
        self._encode = Encode(bundle.encoder)
        self._retrieve = Retrieve(bundle.retriever, config.candidates)
        self._rest = Rest(bundle.catalogue)
        self._score = Score(bundle.retriever)
        self._rank = Rank(bundle.ranker, bundle.card)
        self._rerank = Rerank(bundle.catalogue, bundle.retriever, config.candidates)
        self._explain = Explain(bundle.ranker, bundle.card)
        self._popular = Popular(bundle.catalogue)
        self._shown = ShownItems(bundle.catalogue)
        self._respond = Respond(bundle.catalogue, self._shown)
        self._nearest, self._similar = (
            Nearest(bundle.retriever),
            Similar(bundle.catalogue, self._shown),
        )
        self._pages = Pages(bundle.catalogue, bundle.versions, config.max_shown, config.max_k)
        self.model_versions = pb.ModelVersions(
            retrieval=bundle.versions["retrieval"],
            index=bundle.versions["index"],
            ranking=bundle.versions["ranking"],
        )

    @property
    def versions(self) -> Mapping[str, str]:
        """Stage name to version of what it serves."""
        return self._bundle.versions

    def recommend(self, request: pb.RecommendRequest, request_id: str) -> pb.RecommendResponse:
        """The best items for the viewers."""
        query, page = self._validator.recommend(request), self._pages.read(request)
        trace = Trace(self._clock)
        viewers = trace.run(self._resolve, query.viewers, query.recent)
        eligible = trace.run(self._filter, self._bundle.catalogue, viewers, query, page)
        rest = None if page.cursor is None else trace.run(self._rest, eligible, query)
        if viewers.have_history:
            vectors = trace.run(self._encode, viewers)
            if rest is None:
                candidates = trace.run(self._retrieve, eligible, vectors, query.k)
            else:
                candidates = trace.run(self._score, np.sort(rest), vectors)
            source = pb.PERSONAL if rest is None else pb.REST
            ranked = trace.run(self._rank, candidates, viewers, query.goal, source)
        else:
            ranked = trace.run(self._popular, eligible, None if rest is None else len(rest))
        best = trace.run(self._rerank, ranked, query) if query.spread else ranked
        if query.reasons and viewers.have_history:
            best = trace.run(self._explain, best, candidates, viewers, query)
        recommendations = trace.run(self._respond, best, query.k)
        listed = best.rows[: query.k]
        return pb.RecommendResponse(
            request_id=request_id,
            recommendations=recommendations,
            notes=[
                *viewer_notes(viewers),
                *filter_notes(query, self._bundle.catalogue, len(listed)),
                *shortage_notes(eligible, query.k, len(listed), bool(query.spread.caps)),
            ],
            stages=trace.reports,
            versions=self.model_versions,
            objective=query.goal.objective,
            group_strategy=query.goal.strategy,
            next_page_token=self._pages.next(request, page, eligible, ranked, listed),
        )

    def rank(self, request: pb.RankRequest, request_id: str) -> pb.RankResponse:
        """The caller's candidates, best first."""
        query = self._validator.rank(request)
        trace = Trace(self._clock)
        viewers = trace.run(self._resolve, query.viewers, query.recent)
        if viewers.have_history:
            vectors = trace.run(self._encode, viewers)
            candidates = trace.run(self._score, query.rows, vectors)
            ranked = trace.run(self._rank, candidates, viewers, query.goal, pb.GIVEN)
        else:
            ranked = trace.run(self._popular, only(self._bundle.catalogue, query.rows))
        return pb.RankResponse(
            request_id=request_id,
            recommendations=trace.run(self._respond, ranked, len(ranked)),
            unknown_item_ids=query.unknown,
            notes=viewer_notes(viewers) + candidate_notes(query),
            stages=trace.reports,
            versions=self.model_versions,
            objective=query.goal.objective,
            group_strategy=query.goal.strategy,
        )

    def similar_items(
        self, request: pb.SimilarItemsRequest, request_id: str
    ) -> pb.SimilarItemsResponse:
        """The items whose vectors are nearest to an item's."""
        query = self._validator.similar(request)
        catalogue = self._bundle.catalogue
        barred = np.union1d(query.exclude, [query.row]).astype(np.int64)
        eligible = Eligible(catalogue.count, barred, taken=len(barred))
        trace = Trace(self._clock)
        near = trace.run(self._nearest, eligible, query)
        items = trace.run(self._similar, near)
        return pb.SimilarItemsResponse(
            request_id=request_id,
            items=items,
            notes=shortage_notes(eligible, query.k, len(items)),
            versions=self.model_versions,
            stages=trace.reports,
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
            request_id=request_id,
            versions=self.model_versions,
            items=bundle.catalogue.count,
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
                max_allow=config.max_allow,
                max_conditions=config.max_conditions,
                max_shown=config.max_shown,
                max_ranked=config.max_ranked,
                max_events=config.max_events,
                max_items=config.max_items,
            ),
            user_features={n: str(f.kind) for n, f in bundle.card.user_features.items()},
            item_features={n: str(f.kind) for n, f in bundle.card.item_features.items()},
            rating_min=bundle.card.rating.min if bundle.card.rating else 0.0,
            rating_max=bundle.card.rating.max if bundle.card.rating else 0.0,
            changes=catalogue_changes(bundle),
        )

    def check_models(self) -> None:
        """Returns if the models would answer now.

        Raises:
            BackendError: One would not.
        """
        self._bundle.check_models()

    def warm_up(self) -> None:
        """Sends requests down the path, so that no client waits for TensorFlow's first run.

        Raises:
            ValueError: They are answered with nothing, though there are items.
            BackendError: The models do not answer.
        """
        bundle = self._bundle
        first = np.zeros(1, dtype=np.int64)
        bundle.encoder.warm_up(first)
        bundle.ranker.warm_up(first)
        event = pb.Event(item_id=bundle.catalogue.item_id(0))
        viewer = pb.Viewer(anonymous=pb.AnonymousViewer(events=[event]))
        for viewers in (1, min(2, self.config.max_viewers)):
            # Seen items stay in, so that even a catalogue of one item reaches the ranker.
            request = pb.RecommendRequest(
                viewers=[viewer] * viewers,
                k=1,
                seen_policy=pb.INCLUDE_SEEN,
                explain=viewers <= self.config.max_explained_viewers,
            )
            found = self.recommend(request, "warm-up").recommendations
            if bundle.catalogue.count and not found:
                raise ValueError(f"warm-up: expected an item for {viewers} viewers, got none")


def catalogue_changes(bundle: Bundle) -> pb.CatalogueChanges:
    """How the catalogue differs from the prepared data."""
    catalogue, needs = bundle.catalogue, bundle.retriever.needs_rebuild
    if catalogue.live is None or catalogue.new is None or catalogue.revision is None:
        return pb.CatalogueChanges(needs_rebuild=needs)
    live, new = catalogue.live, catalogue.new
    return pb.CatalogueChanges(
        added=int(np.count_nonzero(live & new)),
        changed=int(np.count_nonzero(live & ~new & (catalogue.revision > 0))),
        deleted=int(np.count_nonzero(~live & ~new)),
        needs_rebuild=needs,
    )
