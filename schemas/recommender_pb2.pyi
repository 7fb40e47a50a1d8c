from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class SeenPolicy(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    SEEN_POLICY_UNSPECIFIED: _ClassVar[SeenPolicy]
    EXCLUDE_SEEN_BY_ANY: _ClassVar[SeenPolicy]
    EXCLUDE_SEEN_BY_ALL: _ClassVar[SeenPolicy]
    INCLUDE_SEEN: _ClassVar[SeenPolicy]

class Objective(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    OBJECTIVE_UNSPECIFIED: _ClassVar[Objective]
    WATCH_NEXT: _ClassVar[Objective]
    RATING: _ClassVar[Objective]
    BLEND: _ClassVar[Objective]

class GroupStrategy(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    GROUP_STRATEGY_UNSPECIFIED: _ClassVar[GroupStrategy]
    MEAN: _ClassVar[GroupStrategy]
    LEAST_MISERY: _ClassVar[GroupStrategy]
    JOINT: _ClassVar[GroupStrategy]

class Source(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    SOURCE_UNSPECIFIED: _ClassVar[Source]
    PERSONAL: _ClassVar[Source]
    POPULAR: _ClassVar[Source]
    NEW_ITEM: _ClassVar[Source]
    GIVEN: _ClassVar[Source]
    REST: _ClassVar[Source]
SEEN_POLICY_UNSPECIFIED: SeenPolicy
EXCLUDE_SEEN_BY_ANY: SeenPolicy
EXCLUDE_SEEN_BY_ALL: SeenPolicy
INCLUDE_SEEN: SeenPolicy
OBJECTIVE_UNSPECIFIED: Objective
WATCH_NEXT: Objective
RATING: Objective
BLEND: Objective
GROUP_STRATEGY_UNSPECIFIED: GroupStrategy
MEAN: GroupStrategy
LEAST_MISERY: GroupStrategy
JOINT: GroupStrategy
SOURCE_UNSPECIFIED: Source
PERSONAL: Source
POPULAR: Source
NEW_ITEM: Source
GIVEN: Source
REST: Source

class Event(_message.Message):
    __slots__ = ("item_id", "rating", "timestamp")
    ITEM_ID_FIELD_NUMBER: _ClassVar[int]
    RATING_FIELD_NUMBER: _ClassVar[int]
    TIMESTAMP_FIELD_NUMBER: _ClassVar[int]
    item_id: str
    rating: float
    timestamp: int
    def __init__(self, item_id: _Optional[str] = ..., rating: _Optional[float] = ..., timestamp: _Optional[int] = ...) -> None: ...

class AnonymousViewer(_message.Message):
    __slots__ = ("events", "features")
    class FeaturesEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: str
        def __init__(self, key: _Optional[str] = ..., value: _Optional[str] = ...) -> None: ...
    EVENTS_FIELD_NUMBER: _ClassVar[int]
    FEATURES_FIELD_NUMBER: _ClassVar[int]
    events: _containers.RepeatedCompositeFieldContainer[Event]
    features: _containers.ScalarMap[str, str]
    def __init__(self, events: _Optional[_Iterable[_Union[Event, _Mapping]]] = ..., features: _Optional[_Mapping[str, str]] = ...) -> None: ...

class Viewer(_message.Message):
    __slots__ = ("user_id", "anonymous", "recent")
    USER_ID_FIELD_NUMBER: _ClassVar[int]
    ANONYMOUS_FIELD_NUMBER: _ClassVar[int]
    RECENT_FIELD_NUMBER: _ClassVar[int]
    user_id: str
    anonymous: AnonymousViewer
    recent: _containers.RepeatedCompositeFieldContainer[Event]
    def __init__(self, user_id: _Optional[str] = ..., anonymous: _Optional[_Union[AnonymousViewer, _Mapping]] = ..., recent: _Optional[_Iterable[_Union[Event, _Mapping]]] = ...) -> None: ...

class Condition(_message.Message):
    __slots__ = ("feature", "any_of", "none_of", "range")
    FEATURE_FIELD_NUMBER: _ClassVar[int]
    ANY_OF_FIELD_NUMBER: _ClassVar[int]
    NONE_OF_FIELD_NUMBER: _ClassVar[int]
    RANGE_FIELD_NUMBER: _ClassVar[int]
    feature: str
    any_of: FeatureValues
    none_of: FeatureValues
    range: Range
    def __init__(self, feature: _Optional[str] = ..., any_of: _Optional[_Union[FeatureValues, _Mapping]] = ..., none_of: _Optional[_Union[FeatureValues, _Mapping]] = ..., range: _Optional[_Union[Range, _Mapping]] = ...) -> None: ...

class Range(_message.Message):
    __slots__ = ("least", "most")
    LEAST_FIELD_NUMBER: _ClassVar[int]
    MOST_FIELD_NUMBER: _ClassVar[int]
    least: float
    most: float
    def __init__(self, least: _Optional[float] = ..., most: _Optional[float] = ...) -> None: ...

class Cap(_message.Message):
    __slots__ = ("feature", "at_most")
    FEATURE_FIELD_NUMBER: _ClassVar[int]
    AT_MOST_FIELD_NUMBER: _ClassVar[int]
    feature: str
    at_most: int
    def __init__(self, feature: _Optional[str] = ..., at_most: _Optional[int] = ...) -> None: ...

class RecommendRequest(_message.Message):
    __slots__ = ("viewers", "k", "exclude_item_ids", "seen_policy", "objective", "explain", "explain_events", "group_strategy", "rating_weight", "allow_item_ids", "conditions", "page_token", "diversity", "caps")
    VIEWERS_FIELD_NUMBER: _ClassVar[int]
    K_FIELD_NUMBER: _ClassVar[int]
    EXCLUDE_ITEM_IDS_FIELD_NUMBER: _ClassVar[int]
    SEEN_POLICY_FIELD_NUMBER: _ClassVar[int]
    OBJECTIVE_FIELD_NUMBER: _ClassVar[int]
    EXPLAIN_FIELD_NUMBER: _ClassVar[int]
    EXPLAIN_EVENTS_FIELD_NUMBER: _ClassVar[int]
    GROUP_STRATEGY_FIELD_NUMBER: _ClassVar[int]
    RATING_WEIGHT_FIELD_NUMBER: _ClassVar[int]
    ALLOW_ITEM_IDS_FIELD_NUMBER: _ClassVar[int]
    CONDITIONS_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    DIVERSITY_FIELD_NUMBER: _ClassVar[int]
    CAPS_FIELD_NUMBER: _ClassVar[int]
    viewers: _containers.RepeatedCompositeFieldContainer[Viewer]
    k: int
    exclude_item_ids: _containers.RepeatedScalarFieldContainer[str]
    seen_policy: SeenPolicy
    objective: Objective
    explain: bool
    explain_events: int
    group_strategy: GroupStrategy
    rating_weight: float
    allow_item_ids: _containers.RepeatedScalarFieldContainer[str]
    conditions: _containers.RepeatedCompositeFieldContainer[Condition]
    page_token: str
    diversity: float
    caps: _containers.RepeatedCompositeFieldContainer[Cap]
    def __init__(self, viewers: _Optional[_Iterable[_Union[Viewer, _Mapping]]] = ..., k: _Optional[int] = ..., exclude_item_ids: _Optional[_Iterable[str]] = ..., seen_policy: _Optional[_Union[SeenPolicy, str]] = ..., objective: _Optional[_Union[Objective, str]] = ..., explain: _Optional[bool] = ..., explain_events: _Optional[int] = ..., group_strategy: _Optional[_Union[GroupStrategy, str]] = ..., rating_weight: _Optional[float] = ..., allow_item_ids: _Optional[_Iterable[str]] = ..., conditions: _Optional[_Iterable[_Union[Condition, _Mapping]]] = ..., page_token: _Optional[str] = ..., diversity: _Optional[float] = ..., caps: _Optional[_Iterable[_Union[Cap, _Mapping]]] = ...) -> None: ...

class Scores(_message.Message):
    __slots__ = ("score", "retrieval", "watch_next", "joint_rating", "viewer_ratings", "viewer_scores")
    SCORE_FIELD_NUMBER: _ClassVar[int]
    RETRIEVAL_FIELD_NUMBER: _ClassVar[int]
    WATCH_NEXT_FIELD_NUMBER: _ClassVar[int]
    JOINT_RATING_FIELD_NUMBER: _ClassVar[int]
    VIEWER_RATINGS_FIELD_NUMBER: _ClassVar[int]
    VIEWER_SCORES_FIELD_NUMBER: _ClassVar[int]
    score: float
    retrieval: float
    watch_next: float
    joint_rating: float
    viewer_ratings: _containers.RepeatedScalarFieldContainer[float]
    viewer_scores: _containers.RepeatedScalarFieldContainer[float]
    def __init__(self, score: _Optional[float] = ..., retrieval: _Optional[float] = ..., watch_next: _Optional[float] = ..., joint_rating: _Optional[float] = ..., viewer_ratings: _Optional[_Iterable[float]] = ..., viewer_scores: _Optional[_Iterable[float]] = ...) -> None: ...

class Item(_message.Message):
    __slots__ = ("item_id", "features")
    class FeaturesEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: FeatureValues
        def __init__(self, key: _Optional[str] = ..., value: _Optional[_Union[FeatureValues, _Mapping]] = ...) -> None: ...
    ITEM_ID_FIELD_NUMBER: _ClassVar[int]
    FEATURES_FIELD_NUMBER: _ClassVar[int]
    item_id: str
    features: _containers.MessageMap[str, FeatureValues]
    def __init__(self, item_id: _Optional[str] = ..., features: _Optional[_Mapping[str, FeatureValues]] = ...) -> None: ...

class FeatureValues(_message.Message):
    __slots__ = ("values",)
    VALUES_FIELD_NUMBER: _ClassVar[int]
    values: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, values: _Optional[_Iterable[str]] = ...) -> None: ...

class Reason(_message.Message):
    __slots__ = ("viewer", "item", "contribution")
    VIEWER_FIELD_NUMBER: _ClassVar[int]
    ITEM_FIELD_NUMBER: _ClassVar[int]
    CONTRIBUTION_FIELD_NUMBER: _ClassVar[int]
    viewer: int
    item: Item
    contribution: float
    def __init__(self, viewer: _Optional[int] = ..., item: _Optional[_Union[Item, _Mapping]] = ..., contribution: _Optional[float] = ...) -> None: ...

class Recommendation(_message.Message):
    __slots__ = ("item", "scores", "source", "reasons")
    ITEM_FIELD_NUMBER: _ClassVar[int]
    SCORES_FIELD_NUMBER: _ClassVar[int]
    SOURCE_FIELD_NUMBER: _ClassVar[int]
    REASONS_FIELD_NUMBER: _ClassVar[int]
    item: Item
    scores: Scores
    source: Source
    reasons: _containers.RepeatedCompositeFieldContainer[Reason]
    def __init__(self, item: _Optional[_Union[Item, _Mapping]] = ..., scores: _Optional[_Union[Scores, _Mapping]] = ..., source: _Optional[_Union[Source, str]] = ..., reasons: _Optional[_Iterable[_Union[Reason, _Mapping]]] = ...) -> None: ...

class StageReport(_message.Message):
    __slots__ = ("stage", "items_in", "items_out", "milliseconds")
    STAGE_FIELD_NUMBER: _ClassVar[int]
    ITEMS_IN_FIELD_NUMBER: _ClassVar[int]
    ITEMS_OUT_FIELD_NUMBER: _ClassVar[int]
    MILLISECONDS_FIELD_NUMBER: _ClassVar[int]
    stage: str
    items_in: int
    items_out: int
    milliseconds: float
    def __init__(self, stage: _Optional[str] = ..., items_in: _Optional[int] = ..., items_out: _Optional[int] = ..., milliseconds: _Optional[float] = ...) -> None: ...

class ModelVersions(_message.Message):
    __slots__ = ("retrieval", "index", "ranking")
    RETRIEVAL_FIELD_NUMBER: _ClassVar[int]
    INDEX_FIELD_NUMBER: _ClassVar[int]
    RANKING_FIELD_NUMBER: _ClassVar[int]
    retrieval: str
    index: str
    ranking: str
    def __init__(self, retrieval: _Optional[str] = ..., index: _Optional[str] = ..., ranking: _Optional[str] = ...) -> None: ...

class RecommendResponse(_message.Message):
    __slots__ = ("request_id", "recommendations", "notes", "stages", "versions", "objective", "group_strategy", "next_page_token")
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    RECOMMENDATIONS_FIELD_NUMBER: _ClassVar[int]
    NOTES_FIELD_NUMBER: _ClassVar[int]
    STAGES_FIELD_NUMBER: _ClassVar[int]
    VERSIONS_FIELD_NUMBER: _ClassVar[int]
    OBJECTIVE_FIELD_NUMBER: _ClassVar[int]
    GROUP_STRATEGY_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    request_id: str
    recommendations: _containers.RepeatedCompositeFieldContainer[Recommendation]
    notes: _containers.RepeatedScalarFieldContainer[str]
    stages: _containers.RepeatedCompositeFieldContainer[StageReport]
    versions: ModelVersions
    objective: Objective
    group_strategy: GroupStrategy
    next_page_token: str
    def __init__(self, request_id: _Optional[str] = ..., recommendations: _Optional[_Iterable[_Union[Recommendation, _Mapping]]] = ..., notes: _Optional[_Iterable[str]] = ..., stages: _Optional[_Iterable[_Union[StageReport, _Mapping]]] = ..., versions: _Optional[_Union[ModelVersions, _Mapping]] = ..., objective: _Optional[_Union[Objective, str]] = ..., group_strategy: _Optional[_Union[GroupStrategy, str]] = ..., next_page_token: _Optional[str] = ...) -> None: ...

class RankRequest(_message.Message):
    __slots__ = ("viewers", "item_ids", "objective", "group_strategy", "rating_weight")
    VIEWERS_FIELD_NUMBER: _ClassVar[int]
    ITEM_IDS_FIELD_NUMBER: _ClassVar[int]
    OBJECTIVE_FIELD_NUMBER: _ClassVar[int]
    GROUP_STRATEGY_FIELD_NUMBER: _ClassVar[int]
    RATING_WEIGHT_FIELD_NUMBER: _ClassVar[int]
    viewers: _containers.RepeatedCompositeFieldContainer[Viewer]
    item_ids: _containers.RepeatedScalarFieldContainer[str]
    objective: Objective
    group_strategy: GroupStrategy
    rating_weight: float
    def __init__(self, viewers: _Optional[_Iterable[_Union[Viewer, _Mapping]]] = ..., item_ids: _Optional[_Iterable[str]] = ..., objective: _Optional[_Union[Objective, str]] = ..., group_strategy: _Optional[_Union[GroupStrategy, str]] = ..., rating_weight: _Optional[float] = ...) -> None: ...

class RankResponse(_message.Message):
    __slots__ = ("request_id", "recommendations", "unknown_item_ids", "notes", "stages", "versions", "objective", "group_strategy")
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    RECOMMENDATIONS_FIELD_NUMBER: _ClassVar[int]
    UNKNOWN_ITEM_IDS_FIELD_NUMBER: _ClassVar[int]
    NOTES_FIELD_NUMBER: _ClassVar[int]
    STAGES_FIELD_NUMBER: _ClassVar[int]
    VERSIONS_FIELD_NUMBER: _ClassVar[int]
    OBJECTIVE_FIELD_NUMBER: _ClassVar[int]
    GROUP_STRATEGY_FIELD_NUMBER: _ClassVar[int]
    request_id: str
    recommendations: _containers.RepeatedCompositeFieldContainer[Recommendation]
    unknown_item_ids: _containers.RepeatedScalarFieldContainer[str]
    notes: _containers.RepeatedScalarFieldContainer[str]
    stages: _containers.RepeatedCompositeFieldContainer[StageReport]
    versions: ModelVersions
    objective: Objective
    group_strategy: GroupStrategy
    def __init__(self, request_id: _Optional[str] = ..., recommendations: _Optional[_Iterable[_Union[Recommendation, _Mapping]]] = ..., unknown_item_ids: _Optional[_Iterable[str]] = ..., notes: _Optional[_Iterable[str]] = ..., stages: _Optional[_Iterable[_Union[StageReport, _Mapping]]] = ..., versions: _Optional[_Union[ModelVersions, _Mapping]] = ..., objective: _Optional[_Union[Objective, str]] = ..., group_strategy: _Optional[_Union[GroupStrategy, str]] = ...) -> None: ...

class SimilarItemsRequest(_message.Message):
    __slots__ = ("item_id", "k", "exclude_item_ids")
    ITEM_ID_FIELD_NUMBER: _ClassVar[int]
    K_FIELD_NUMBER: _ClassVar[int]
    EXCLUDE_ITEM_IDS_FIELD_NUMBER: _ClassVar[int]
    item_id: str
    k: int
    exclude_item_ids: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, item_id: _Optional[str] = ..., k: _Optional[int] = ..., exclude_item_ids: _Optional[_Iterable[str]] = ...) -> None: ...

class SimilarItem(_message.Message):
    __slots__ = ("item", "score", "source")
    ITEM_FIELD_NUMBER: _ClassVar[int]
    SCORE_FIELD_NUMBER: _ClassVar[int]
    SOURCE_FIELD_NUMBER: _ClassVar[int]
    item: Item
    score: float
    source: Source
    def __init__(self, item: _Optional[_Union[Item, _Mapping]] = ..., score: _Optional[float] = ..., source: _Optional[_Union[Source, str]] = ...) -> None: ...

class SimilarItemsResponse(_message.Message):
    __slots__ = ("request_id", "items", "notes", "versions", "stages")
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    ITEMS_FIELD_NUMBER: _ClassVar[int]
    NOTES_FIELD_NUMBER: _ClassVar[int]
    VERSIONS_FIELD_NUMBER: _ClassVar[int]
    STAGES_FIELD_NUMBER: _ClassVar[int]
    request_id: str
    items: _containers.RepeatedCompositeFieldContainer[SimilarItem]
    notes: _containers.RepeatedScalarFieldContainer[str]
    versions: ModelVersions
    stages: _containers.RepeatedCompositeFieldContainer[StageReport]
    def __init__(self, request_id: _Optional[str] = ..., items: _Optional[_Iterable[_Union[SimilarItem, _Mapping]]] = ..., notes: _Optional[_Iterable[str]] = ..., versions: _Optional[_Union[ModelVersions, _Mapping]] = ..., stages: _Optional[_Iterable[_Union[StageReport, _Mapping]]] = ...) -> None: ...

class RecordEventsRequest(_message.Message):
    __slots__ = ("event_id", "user_id", "item_id", "rating", "timestamp")
    EVENT_ID_FIELD_NUMBER: _ClassVar[int]
    USER_ID_FIELD_NUMBER: _ClassVar[int]
    ITEM_ID_FIELD_NUMBER: _ClassVar[int]
    RATING_FIELD_NUMBER: _ClassVar[int]
    TIMESTAMP_FIELD_NUMBER: _ClassVar[int]
    event_id: str
    user_id: str
    item_id: str
    rating: float
    timestamp: int
    def __init__(self, event_id: _Optional[str] = ..., user_id: _Optional[str] = ..., item_id: _Optional[str] = ..., rating: _Optional[float] = ..., timestamp: _Optional[int] = ...) -> None: ...

class RecordEventsResponse(_message.Message):
    __slots__ = ("request_id", "recorded", "known", "versions")
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    RECORDED_FIELD_NUMBER: _ClassVar[int]
    KNOWN_FIELD_NUMBER: _ClassVar[int]
    VERSIONS_FIELD_NUMBER: _ClassVar[int]
    request_id: str
    recorded: int
    known: int
    versions: ModelVersions
    def __init__(self, request_id: _Optional[str] = ..., recorded: _Optional[int] = ..., known: _Optional[int] = ..., versions: _Optional[_Union[ModelVersions, _Mapping]] = ...) -> None: ...

class UpsertItemsRequest(_message.Message):
    __slots__ = ("items",)
    ITEMS_FIELD_NUMBER: _ClassVar[int]
    items: _containers.RepeatedCompositeFieldContainer[Item]
    def __init__(self, items: _Optional[_Iterable[_Union[Item, _Mapping]]] = ...) -> None: ...

class UpsertItemsResponse(_message.Message):
    __slots__ = ("request_id", "added", "changed", "unchanged", "versions", "changes")
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    ADDED_FIELD_NUMBER: _ClassVar[int]
    CHANGED_FIELD_NUMBER: _ClassVar[int]
    UNCHANGED_FIELD_NUMBER: _ClassVar[int]
    VERSIONS_FIELD_NUMBER: _ClassVar[int]
    CHANGES_FIELD_NUMBER: _ClassVar[int]
    request_id: str
    added: int
    changed: int
    unchanged: int
    versions: ModelVersions
    changes: CatalogueChanges
    def __init__(self, request_id: _Optional[str] = ..., added: _Optional[int] = ..., changed: _Optional[int] = ..., unchanged: _Optional[int] = ..., versions: _Optional[_Union[ModelVersions, _Mapping]] = ..., changes: _Optional[_Union[CatalogueChanges, _Mapping]] = ...) -> None: ...

class DeleteItemsRequest(_message.Message):
    __slots__ = ("item_ids",)
    ITEM_IDS_FIELD_NUMBER: _ClassVar[int]
    item_ids: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, item_ids: _Optional[_Iterable[str]] = ...) -> None: ...

class DeleteItemsResponse(_message.Message):
    __slots__ = ("request_id", "deleted", "unknown", "versions", "changes")
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    DELETED_FIELD_NUMBER: _ClassVar[int]
    UNKNOWN_FIELD_NUMBER: _ClassVar[int]
    VERSIONS_FIELD_NUMBER: _ClassVar[int]
    CHANGES_FIELD_NUMBER: _ClassVar[int]
    request_id: str
    deleted: int
    unknown: int
    versions: ModelVersions
    changes: CatalogueChanges
    def __init__(self, request_id: _Optional[str] = ..., deleted: _Optional[int] = ..., unknown: _Optional[int] = ..., versions: _Optional[_Union[ModelVersions, _Mapping]] = ..., changes: _Optional[_Union[CatalogueChanges, _Mapping]] = ...) -> None: ...

class CatalogueChanges(_message.Message):
    __slots__ = ("added", "changed", "deleted", "needs_rebuild")
    ADDED_FIELD_NUMBER: _ClassVar[int]
    CHANGED_FIELD_NUMBER: _ClassVar[int]
    DELETED_FIELD_NUMBER: _ClassVar[int]
    NEEDS_REBUILD_FIELD_NUMBER: _ClassVar[int]
    added: int
    changed: int
    deleted: int
    needs_rebuild: bool
    def __init__(self, added: _Optional[int] = ..., changed: _Optional[int] = ..., deleted: _Optional[int] = ..., needs_rebuild: _Optional[bool] = ...) -> None: ...

class GetModelInfoRequest(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class Limits(_message.Message):
    __slots__ = ("max_k", "max_viewers", "max_history", "max_exclude", "max_message_bytes", "max_explained", "max_explained_viewers", "max_allow", "max_conditions", "max_shown", "max_ranked", "max_events", "max_items")
    MAX_K_FIELD_NUMBER: _ClassVar[int]
    MAX_VIEWERS_FIELD_NUMBER: _ClassVar[int]
    MAX_HISTORY_FIELD_NUMBER: _ClassVar[int]
    MAX_EXCLUDE_FIELD_NUMBER: _ClassVar[int]
    MAX_MESSAGE_BYTES_FIELD_NUMBER: _ClassVar[int]
    MAX_EXPLAINED_FIELD_NUMBER: _ClassVar[int]
    MAX_EXPLAINED_VIEWERS_FIELD_NUMBER: _ClassVar[int]
    MAX_ALLOW_FIELD_NUMBER: _ClassVar[int]
    MAX_CONDITIONS_FIELD_NUMBER: _ClassVar[int]
    MAX_SHOWN_FIELD_NUMBER: _ClassVar[int]
    MAX_RANKED_FIELD_NUMBER: _ClassVar[int]
    MAX_EVENTS_FIELD_NUMBER: _ClassVar[int]
    MAX_ITEMS_FIELD_NUMBER: _ClassVar[int]
    max_k: int
    max_viewers: int
    max_history: int
    max_exclude: int
    max_message_bytes: int
    max_explained: int
    max_explained_viewers: int
    max_allow: int
    max_conditions: int
    max_shown: int
    max_ranked: int
    max_events: int
    max_items: int
    def __init__(self, max_k: _Optional[int] = ..., max_viewers: _Optional[int] = ..., max_history: _Optional[int] = ..., max_exclude: _Optional[int] = ..., max_message_bytes: _Optional[int] = ..., max_explained: _Optional[int] = ..., max_explained_viewers: _Optional[int] = ..., max_allow: _Optional[int] = ..., max_conditions: _Optional[int] = ..., max_shown: _Optional[int] = ..., max_ranked: _Optional[int] = ..., max_events: _Optional[int] = ..., max_items: _Optional[int] = ...) -> None: ...

class GetModelInfoResponse(_message.Message):
    __slots__ = ("versions", "items", "users", "index_kind", "limits", "user_features", "item_features", "rating_min", "rating_max", "changes", "request_id")
    class UserFeaturesEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: str
        def __init__(self, key: _Optional[str] = ..., value: _Optional[str] = ...) -> None: ...
    class ItemFeaturesEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: str
        def __init__(self, key: _Optional[str] = ..., value: _Optional[str] = ...) -> None: ...
    VERSIONS_FIELD_NUMBER: _ClassVar[int]
    ITEMS_FIELD_NUMBER: _ClassVar[int]
    USERS_FIELD_NUMBER: _ClassVar[int]
    INDEX_KIND_FIELD_NUMBER: _ClassVar[int]
    LIMITS_FIELD_NUMBER: _ClassVar[int]
    USER_FEATURES_FIELD_NUMBER: _ClassVar[int]
    ITEM_FEATURES_FIELD_NUMBER: _ClassVar[int]
    RATING_MIN_FIELD_NUMBER: _ClassVar[int]
    RATING_MAX_FIELD_NUMBER: _ClassVar[int]
    CHANGES_FIELD_NUMBER: _ClassVar[int]
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    versions: ModelVersions
    items: int
    users: int
    index_kind: str
    limits: Limits
    user_features: _containers.ScalarMap[str, str]
    item_features: _containers.ScalarMap[str, str]
    rating_min: float
    rating_max: float
    changes: CatalogueChanges
    request_id: str
    def __init__(self, versions: _Optional[_Union[ModelVersions, _Mapping]] = ..., items: _Optional[int] = ..., users: _Optional[int] = ..., index_kind: _Optional[str] = ..., limits: _Optional[_Union[Limits, _Mapping]] = ..., user_features: _Optional[_Mapping[str, str]] = ..., item_features: _Optional[_Mapping[str, str]] = ..., rating_min: _Optional[float] = ..., rating_max: _Optional[float] = ..., changes: _Optional[_Union[CatalogueChanges, _Mapping]] = ..., request_id: _Optional[str] = ...) -> None: ...
