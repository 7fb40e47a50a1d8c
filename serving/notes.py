"""What a caller should know of an answer, in plain words."""

from __future__ import annotations

from serving.attributes import Condition, OneOf
from serving.catalogue import Catalogue
from serving.eligible import Eligible
from serving.stages import Viewers
from serving.validation import Query, RankQuery


def viewer_notes(viewers: Viewers) -> list[str]:
    """Who is unknown, and what follows where nothing is known of anybody."""
    notes = [
        f"viewers[{at}].user_id: not a user of the prepared data, and no events are recorded; "
        "taken as a viewer "
        + ("with the recent events alone" if len(viewers.profiles[at].rows) else "without history")
        for at in viewers.unknown
    ]
    if not viewers.have_history:
        notes.append("no viewer has a history: these are the most watched items")
    return notes


def filter_notes(query: Query, catalogue: Catalogue, listed: int) -> list[str]:
    """Which filters have no effect and, where the list is short, which conditions no item meets.

    Args:
        query: With its filters.
        catalogue: What was filtered.
        listed: Items returned.
    """
    unknown = query.filters.unknown
    notes = [f"allow_item_ids: {unknown} of them not in the catalogue"] if unknown else []
    if listed < query.k:
        notes += [
            f"conditions[{at}]: no item of the catalogue meets it{_hint(condition)}"
            for at, condition in enumerate(query.filters.conditions)
            if not catalogue.holds_any(catalogue.meeting([condition]))
        ]
    return notes


def _hint(condition: Condition) -> str:
    if not isinstance(condition, OneOf):
        return ""
    return f"; {condition.feature} is compared as it is written there"


def candidate_notes(query: RankQuery) -> list[str]:
    """Which candidates were not ranked."""
    unknown = len(query.unknown)
    return [f"item_ids: {unknown} of them not in the catalogue"] if unknown else []


def shortage_notes(eligible: Eligible, k: int, listed: int, by_caps: bool = False) -> list[str]:
    """Why there are fewer items than asked for, where there are.

    Args:
        eligible: What there was to choose from.
        k: Items asked for.
        listed: Items returned.
        by_caps: Whether there are caps.
    """
    if listed >= k:
        return []
    reasons = []
    if len(eligible) < k:
        reasons.append(
            f"the catalogue holds {eligible.items}, {eligible.taken} of them seen or excluded"
            + (f", {eligible.filtered} ruled out by filters" if eligible.filtered else "")
            + (f", {eligible.shown} on earlier pages" if eligible.shown else "")
        )
    if listed < min(k, len(eligible)):
        reasons.append("the caps leave no place" if by_caps else "the index found no more")
    return [f"{listed} items instead of {k}: {'; '.join(reasons)}"]
