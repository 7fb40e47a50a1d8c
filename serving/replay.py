"""What a log of changes makes of the artefacts of a run."""

from __future__ import annotations

import dataclasses
import logging
from collections.abc import Callable, Mapping, Sequence

import numpy as np

from schemas.cards import FeatureKind
from serving.bundle import Bundle
from serving.catalogue import Catalogue
from serving.catalogue_log.log import CatalogueLog, Change, Known
from serving.retriever import Retriever

_TYPES: dict[FeatureKind, type | tuple[type, ...]] = {
    FeatureKind.NUMERIC: (float, int),
    FeatureKind.TIMESTAMP: int,
    FeatureKind.MULTI_CATEGORICAL: list,
}

_Vectors = Callable[[np.ndarray], np.ndarray]

log = logging.getLogger(__name__)


@dataclasses.dataclass(frozen=True)
class Edited:
    """A catalogue with changes, and what searches must know of them.

    Attributes:
        catalogue: With the changes.
        added: Rows that are new, int64, ascending.
        found: Live rows that searches find by another vector than before, int64, ascending.
        gone: Rows that they found before and no longer do, int64.
    """

    catalogue: Catalogue
    added: np.ndarray
    found: np.ndarray
    gone: np.ndarray


def caught_up(bundle: Bundle, changes: CatalogueLog) -> Bundle:
    """A bundle with all that a log has and it has not; itself if that is nothing.

    For a bundle that was just opened, at a start or a reload, as for one that is served. To make a
    change again is harmless.

    Args:
        bundle: It stays as it is, and whoever works on it is not disturbed.
        changes: The log.

    Raises:
        StoreUnavailable: The log does not answer.
        BackendError: A model does not.
    """
    identity = changes.identity()
    new = changes.since(bundle.log_number if identity == bundle.log_identity else 0)
    if not new:
        return bundle
    return dataclasses.replace(with_changes(bundle, new), log_identity=identity)


def with_changes(bundle: Bundle, changes: Sequence[Change]) -> Bundle:
    """A bundle with some changes, at least one, ordered by place.

    Raises:
        BackendError: A model does not answer.
    """
    edited = edit(bundle.catalogue, changes)
    encoder = bundle.encoder.over(edited.catalogue)
    return dataclasses.replace(
        bundle,
        catalogue=edited.catalogue,
        retriever=_searching(bundle.retriever, edited, encoder.items.of),
        encoder=encoder,
        ranker=bundle.ranker.over(edited.catalogue),
        log_number=max(change.number for change in changes),
    )


def edit(catalogue: Catalogue, changes: Sequence[Change]) -> Edited:
    """A catalogue with some changes; see `with_changes`."""
    rows = catalogue.known_rows(change.item_id for change in changes)
    # A deletion of what an earlier preparation had says nothing here.
    meant = [
        at for at, change in enumerate(changes) if rows[at] >= 0 or change.features is not None
    ]
    changes, rows = [changes[at] for at in meant], rows[meant]
    unknown, before = rows < 0, len(catalogue)
    rows[unknown] = before + np.arange(np.count_nonzero(unknown))
    items = _fitting(changes, catalogue.features_by_row.kinds)
    other = unknown | _differing(catalogue, rows, items, ~unknown)

    was_live = np.zeros(before + np.count_nonzero(unknown), dtype=bool)
    was_live[:before] = True if catalogue.live is None else catalogue.live
    live = was_live.copy()
    live[rows] = [not change.deleted for change in changes]
    differs = np.zeros(len(live), dtype=bool)
    differs[rows[other]] = True
    said = [item for item, differ in zip(items, other, strict=True) if item is not None and differ]
    added = {changes[at].item_id: int(rows[at]) for at in np.flatnonzero(unknown)}
    return Edited(
        catalogue=catalogue.edited(added, rows[other], said, live),
        added=rows[unknown],
        found=np.flatnonzero(live & (differs | ~was_live)),
        gone=np.flatnonzero(was_live & ~live),
    )


def _differing(
    catalogue: Catalogue, rows: np.ndarray, items: Sequence[Known | None], there: np.ndarray
) -> np.ndarray:
    """Of which items that are `there` something else is said than is known, `[items]` bool."""
    differing = np.zeros(len(rows), dtype=bool)
    known = catalogue.features_by_row.known(rows[there])
    for at, now in zip(np.flatnonzero(there).tolist(), known, strict=True):
        differing[at] = items[at] is not None and items[at] != now
    return differing


def _fitting(changes: Sequence[Change], kinds: Mapping[str, FeatureKind]) -> list[Known | None]:
    """What is said of each item, as far as the card has such a feature by now."""
    items: list[Known | None] = []
    left_out = set()
    for change in changes:
        if change.features is None:
            items.append(None)
            continue
        fits = {
            name: value
            for name, value in change.features.items()
            if name in kinds and isinstance(value, _TYPES.get(kinds[name], str))
        }
        left_out |= change.features.keys() - fits.keys()
        items.append(fits)
    if left_out:
        log.warning(
            "changes of the catalogue: the features %s are left out, for the card has none such",
            sorted(left_out),
        )
    return items


def _searching(retriever: Retriever, edited: Edited, vectors_of: _Vectors) -> Retriever:
    """An index that goes by the changes."""
    item_id = edited.catalogue.item_id
    shown = np.union1d(edited.found, edited.added)
    if len(shown):
        ids = [item_id(row) for row in shown.tolist()]
        retriever = retriever.with_items(ids, vectors_of(shown))
    dead = np.union1d(edited.gone, np.setdiff1d(edited.added, edited.found))
    if len(dead):
        retriever = retriever.without_items([item_id(row) for row in dead.tolist()])
    return retriever
