"""Page after page without a repeat or a gap, and without a memory of who asked for what."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import grpc
import numpy as np

from schemas import recommender_pb2 as pb
from serving.catalogue import Catalogue
from serving.errors import RequestError, invalid
from serving.page_token import FIRST, Page, digest, longest_token, read_token, write_token
from serving.stages import Eligible, Ranked


@dataclass(frozen=True)
class Pages:
    """Reads and writes page tokens.

    The first pages are each the best of what was not shown, and the token carries what was. Once
    that is `max_shown` items, the rest goes by popularity, of which a place says all.

    Attributes:
        catalogue: Whose rows the tokens name.
        versions: Of all that was built, by stage.
        max_shown: Items on the pages that are retrieved.
        max_k: Items by which the last of them may pass it.
    """

    catalogue: Catalogue
    versions: Mapping[str, str]
    max_shown: int
    max_k: int

    def read(self, request: pb.RecommendRequest) -> Page:
        """The page that a request asks for.

        Raises:
            RequestError: INVALID_ARGUMENT for a token of another request or none at all,
                FAILED_PRECONDITION for one of other models.
        """
        token = request.page_token
        if not token:
            return FIRST
        parts, most = _parts(request), self.max_shown + self.max_k
        expected = "a next_page_token as it was given"
        if len(token) > longest_token(most, len(parts) + 1):
            raise invalid("page_token", expected, token)
        try:
            items = len(self.catalogue)
            page, (version, *found) = read_token(token, len(parts) + 1, items, most)
        except ValueError:
            raise invalid("page_token", expected, token) from None
        if version != self._version():
            raise RequestError(
                grpc.StatusCode.FAILED_PRECONDITION,
                "page_token: the models have been replaced since; ask again for the first page",
            )
        for (part, now), then in zip(parts.items(), found, strict=True):
            if now != then:
                raise RequestError(
                    grpc.StatusCode.INVALID_ARGUMENT,
                    f"page_token: expected {part} as in the request for the first page, got others",
                )
        return page

    def next(
        self,
        request: pb.RecommendRequest,
        page: Page,
        eligible: Eligible,
        ranked: Ranked,
        listed: np.ndarray,
    ) -> str:
        """The token of the next page; "" where nothing is left.

        Args:
            request: As it came.
            page: This one.
            eligible: What this page was made of.
            ranked: What of it was ranked, all of it.
            listed: `[items]` int64 catalogue rows that are returned, at most `request.k`.
        """
        if len(listed) >= len(eligible):
            return ""
        shown, cursor = page.shown, page.cursor
        if cursor is None:
            shown = np.union1d(shown, listed)
            # Also where retrieval gave less than was asked for and there is.
            if len(shown) >= self.max_shown or len(ranked) < request.k:
                cursor = 0
        else:
            cursor = self._behind(listed)
        return write_token(Page(shown, cursor), (self._version(), *_parts(request).values()))

    def _behind(self, rows: np.ndarray) -> int:
        """The place behind the least popular of some items."""
        listed = np.zeros(len(self.catalogue), dtype=bool)
        listed[rows] = True
        return int(np.flatnonzero(listed[self.catalogue.popular])[-1]) + 1

    def _version(self) -> bytes:
        return digest(repr(sorted(self.versions.items())).encode())


def _parts(request: pb.RecommendRequest) -> dict[str, bytes]:
    """What must be the same on all pages, by the name it has in a message, to its digest."""
    viewers = pb.RecommendRequest(viewers=request.viewers)
    for viewer in viewers.viewers:
        viewer.ClearField("recent")  # people do something between two pages
    weight = request.rating_weight if request.HasField("rating_weight") else None
    parts = {
        "viewers": viewers,
        "objective, group_strategy and rating_weight": pb.RecommendRequest(
            objective=request.objective,
            group_strategy=request.group_strategy,
            rating_weight=weight,
        ),
        "filters and seen_policy": pb.RecommendRequest(
            exclude_item_ids=request.exclude_item_ids,
            allow_item_ids=request.allow_item_ids,
            conditions=request.conditions,
            seen_policy=request.seen_policy,
        ),
        "diversity and caps": pb.RecommendRequest(diversity=request.diversity, caps=request.caps),
    }
    return {
        name: digest(part.SerializeToString(deterministic=True)) for name, part in parts.items()
    }
