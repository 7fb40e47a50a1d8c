"""The requests that clients send, from plain arguments."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from schemas import recommender_pb2 as pb


def recommend(
    users: Iterable[str] = (),
    anonymous: Iterable[pb.AnonymousViewer] = (),
    k: int = 10,
    exclude: Iterable[str] = (),
    seen_policy: pb.SeenPolicy = pb.SEEN_POLICY_UNSPECIFIED,
    objective: pb.Objective = pb.OBJECTIVE_UNSPECIFIED,
    group_strategy: pb.GroupStrategy = pb.GROUP_STRATEGY_UNSPECIFIED,
    rating_weight: float | None = None,
    explain: bool = False,
    explain_events: int = 0,
    recent: Mapping[str, Iterable[pb.Event]] | None = None,
    allow: Iterable[str] = (),
    conditions: Iterable[pb.Condition] = (),
    diversity: float = 0.0,
    caps: Mapping[str, int] | None = None,
    page_token: str = "",
) -> pb.RecommendRequest:
    """The best items for viewers: known users first, then anonymous ones.

    Args:
        users: User ids.
        anonymous: Viewers with their histories.
        k: How many items.
        exclude: Item ids never to return.
        seen_policy: Whose seen items to leave out.
        objective: What the items are ordered by.
        group_strategy: How viewers become a group.
        rating_weight: Of a blend.
        explain: Whether to tell what in the histories speaks for each item.
        explain_events: How many events.
        recent: User id to what that user did and is not recorded.
        allow: Item ids to choose from; none: all.
        conditions: What items must be.
        diversity: 0 to 1.
        caps: Feature name to the most items with the same value.
        page_token: `next_page_token` of the answer before, for what comes after it.

    Raises:
        TypeError: One string in place of several, or an id that is no string.
        ValueError: `recent` of somebody who is not among the users.
    """
    return pb.RecommendRequest(
        viewers=_viewers(users, anonymous, recent or {}),
        k=k,
        exclude_item_ids=_several("exclude", exclude),
        seen_policy=seen_policy,
        objective=objective,
        group_strategy=group_strategy,
        rating_weight=rating_weight,
        explain=explain,
        explain_events=explain_events,
        allow_item_ids=_several("allow", allow),
        conditions=conditions,
        diversity=diversity,
        caps=[pb.Cap(feature=name, at_most=most) for name, most in (caps or {}).items()],
        page_token=page_token,
    )


def rank(
    item_ids: Iterable[str],
    users: Iterable[str] = (),
    anonymous: Iterable[pb.AnonymousViewer] = (),
    objective: pb.Objective = pb.OBJECTIVE_UNSPECIFIED,
    group_strategy: pb.GroupStrategy = pb.GROUP_STRATEGY_UNSPECIFIED,
    rating_weight: float | None = None,
    recent: Mapping[str, Iterable[pb.Event]] | None = None,
) -> pb.RankRequest:
    """Given items, best first for viewers; the rest, and what is raised, as in `recommend`."""
    return pb.RankRequest(
        viewers=_viewers(users, anonymous, recent or {}),
        item_ids=_several("item_ids", item_ids),
        objective=objective,
        group_strategy=group_strategy,
        rating_weight=rating_weight,
    )


def similar_items(item_id: str, k: int = 10, exclude: Iterable[str] = ()) -> pb.SimilarItemsRequest:
    """The items nearest to one; raises as `recommend` does."""
    return pb.SimilarItemsRequest(
        item_id=item_id, k=k, exclude_item_ids=_several("exclude", exclude)
    )


def record_events(
    events: Iterable[pb.RecordEventsRequest],
) -> Iterator[pb.RecordEventsRequest]:
    """Records what people watched; once it is answered, all of it is on disk.

    After an error, sending all events again with the same ids is safe.
    """
    return iter(events)


def upsert_items(items: Mapping[str, Mapping[str, Sequence[str]]]) -> pb.UpsertItemsRequest:
    """Adds items to the catalogue, or replaces all that is known of them; safe to repeat.

    Args:
        items: Item id to feature name to values.

    Raises:
        TypeError: One string in place of several values, or a value that is no string.
    """
    return pb.UpsertItemsRequest(
        items=[
            pb.Item(
                item_id=item_id,
                features={
                    name: pb.FeatureValues(values=_several(f"{item_id}: {name}", values))
                    for name, values in features.items()
                },
            )
            for item_id, features in items.items()
        ]
    )


def delete_items(item_ids: Iterable[str]) -> pb.DeleteItemsRequest:
    """Takes items out of the catalogue; safe to repeat, and raises as `recommend` does."""
    return pb.DeleteItemsRequest(item_ids=_several("item_ids", item_ids))


def model_info() -> pb.GetModelInfoRequest:
    """What the server runs."""
    return pb.GetModelInfoRequest()


def _viewers(
    users: Iterable[str],
    anonymous: Iterable[pb.AnonymousViewer],
    recent: Mapping[str, Iterable[pb.Event]],
) -> list[pb.Viewer]:
    user_ids = _several("users", users)
    if absent := sorted(recent.keys() - set(user_ids)):
        raise ValueError(f"recent: expected users of the request, {user_ids}, got {absent[0]!r}")
    known = [pb.Viewer(user_id=user, recent=recent.get(user, ())) for user in user_ids]
    return known + [pb.Viewer(anonymous=viewer) for viewer in anonymous]


def _several(name: str, given: Iterable[str]) -> list[str]:
    """What is given as a list; a string would pass for several of a character each."""
    if isinstance(given, str):
        raise TypeError(f"{name}: expected several, such as [{given!r}], got the string {given!r}")
    texts = list(given)
    for at, text in enumerate(texts):
        if not isinstance(text, str):
            raise TypeError(f"{name}[{at}]: expected a string, such as {str(text)!r}, got {text!r}")
    return texts
