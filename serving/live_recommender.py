"""The request path over a catalogue that changes while it is served."""

from __future__ import annotations

import dataclasses
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager

import numpy as np

from schemas import recommender_pb2 as pb
from schemas.config import ServeConfig
from serving.bundle import Bundle
from serving.catalogue_log.log import CatalogueLog, Change, Edit, Known
from serving.deadline import current_deadline
from serving.item_validation import ItemValidator
from serving.recommender import Recommender, catalogue_changes
from serving.recording import Tally
from serving.replay import caught_up, with_changes


class LiveRecommender:
    """Answers requests by the newest state of the catalogue; safe to call from several threads.

    A request takes a state once and goes by it to its end. Readers take no lock, writers wait for
    each other. All methods raise what `Recommender`'s do.
    """

    def __init__(
        self, bundle: Bundle, changes: CatalogueLog, path: Callable[[Bundle], Recommender]
    ) -> None:
        """Catches up with the log.

        Args:
            bundle: As it was opened.
            changes: The log; it stays the caller's.
            path: Makes the request path over a state; called for every change.

        Raises:
            StoreUnavailable: The log does not answer.
            BackendError: A model does not.
        """
        self._log = changes
        self._make = path
        self._writing = threading.Lock()
        self._bundle = bundle
        self._current = path(bundle)
        self._validator = ItemValidator(bundle.card, self.config.max_items)
        with self._alone():
            self._catch_up()

    @property
    def config(self) -> ServeConfig:
        """The server's limits."""
        return self._current.config

    @property
    def versions(self) -> Mapping[str, str]:
        """See `Recommender`."""
        return self._current.versions

    @property
    def model_versions(self) -> pb.ModelVersions:
        """See `Recommender`."""
        return self._current.model_versions

    def recommend(self, request: pb.RecommendRequest, request_id: str) -> pb.RecommendResponse:
        """See `Recommender`."""
        if request.page_token:
            # The worker that gave it may know of newer items than this one.
            self.refresh()
        return self._current.recommend(request, request_id)

    def rank(self, request: pb.RankRequest, request_id: str) -> pb.RankResponse:
        """See `Recommender`."""
        return self._current.rank(request, request_id)

    def similar_items(
        self, request: pb.SimilarItemsRequest, request_id: str
    ) -> pb.SimilarItemsResponse:
        """See `Recommender`."""
        return self._current.similar_items(request, request_id)

    def record_events(self, requests: Sequence[pb.RecordEventsRequest], so_far: Tally) -> Tally:
        """See `Recommender`."""
        return self._current.record_events(requests, so_far)

    def model_info(
        self, request: pb.GetModelInfoRequest, request_id: str
    ) -> pb.GetModelInfoResponse:
        """See `Recommender`."""
        return self._current.model_info(request, request_id)

    def check_models(self) -> None:
        """See `Recommender`."""
        self._current.check_models()

    def warm_up(self) -> None:
        """See `Recommender`."""
        self._current.warm_up()

    def refresh(self) -> None:
        """Goes by all that is in the log, whichever process wrote it.

        Raises:
            StoreUnavailable: The log does not answer; the state stays.
            BackendError: A model does not; likewise.
        """
        if self._log.last() != self._bundle.log_number:
            with self._alone():
                self._catch_up()

    def upsert_items(
        self, request: pb.UpsertItemsRequest, request_id: str
    ) -> pb.UpsertItemsResponse:
        """Adds items or replaces what is known of them."""
        edits = self._validator.upserts(request)
        with self._alone():
            self._catch_up()
            before, new = self._known([edit.item_id for edit in edits])
            differing = [
                edit for edit, known in zip(edits, before, strict=True) if edit.features != known
            ]
            self._write(differing)
            return pb.UpsertItemsResponse(
                request_id=request_id,
                added=new,
                changed=len(differing) - new,
                unchanged=len(edits) - len(differing),
                versions=self._current.model_versions,
                changes=catalogue_changes(self._bundle),
            )

    def delete_items(
        self, request: pb.DeleteItemsRequest, request_id: str
    ) -> pb.DeleteItemsResponse:
        """Takes items out."""
        edits = self._validator.deletions(request)
        with self._alone():
            self._catch_up()
            before, _ = self._known([edit.item_id for edit in edits])
            there = [edit for edit, known in zip(edits, before, strict=True) if known is not None]
            self._write(there)
            return pb.DeleteItemsResponse(
                request_id=request_id,
                deleted=len(there),
                unknown=len(edits) - len(there),
                versions=self._current.model_versions,
                changes=catalogue_changes(self._bundle),
            )

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """While no other thread changes the state; waited for within the request's deadline."""
        deadline = current_deadline()
        if not self._writing.acquire(timeout=min(deadline.left, threading.TIMEOUT_MAX)):
            raise deadline.passed()
        try:
            yield
        finally:
            self._writing.release()

    def _known(self, item_ids: Sequence[str]) -> tuple[list[Known | None], int]:
        """What is known of items, None of those that there are not, and how many those are."""
        catalogue = self._bundle.catalogue
        rows = catalogue.rows(item_ids)
        there = np.flatnonzero(rows >= 0)
        known: list[Known | None] = [None] * len(rows)
        for at, now in zip(
            there.tolist(), catalogue.features_by_row.known(rows[there]), strict=True
        ):
            known[at] = now
        return known, len(rows) - len(there)

    def _write(self, edits: Sequence[Edit]) -> None:
        """Makes changes durable and then visible; what the models cannot take is not written."""
        if not edits:
            return
        first = self._bundle.log_number + 1
        ready = with_changes(self._bundle, _as_if_written(self._bundle, edits, first))
        if self._log.write(edits) != first:
            self._catch_up()  # another process was quicker, and its changes come first
        else:
            self._take(dataclasses.replace(ready, log_identity=self._log.identity()))

    def _catch_up(self) -> None:
        bundle = caught_up(self._bundle, self._log)
        if bundle is not self._bundle:
            self._take(bundle)

    def _take(self, bundle: Bundle) -> None:
        self._current, self._bundle = self._make(bundle), bundle


def _as_if_written(bundle: Bundle, edits: Sequence[Edit], first: int) -> list[Change]:
    """Changes as the log will tell them if nobody else writes before."""
    rows = bundle.catalogue.known_rows(edit.item_id for edit in edits)
    known = bundle.catalogue.features_by_row.known(rows[rows >= 0])
    before = iter(known)
    old = [next(before) if row >= 0 else None for row in rows.tolist()]
    # Places are by first mention, so new items come in the order of the request.
    return [
        Change(
            number=number,
            place=number,
            item_id=edit.item_id,
            deleted=edit.features is None,
            features=edit.features if edit.features is not None else was,
        )
        for number, (edit, was) in enumerate(zip(edits, old, strict=True), first)
    ]
