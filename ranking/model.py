"""The ranker: one model for one viewer, a pair, or a group."""

from __future__ import annotations

from typing import Any

import schemas.tf_runtime  # noqa: F401  (before Keras)

# isort: split
import keras
from keras import ops

from ranking import affinity_features, agreement_features
from ranking.affinity_features import AffinityFeatures
from ranking.agreement_features import AgreementFeatures
from ranking.apart import each_owner_alone, owners_together
from ranking.attention import PairUserBlock
from ranking.fast_weights import FastWeights
from ranking.geometry import Geometry, Sight, last_events, make_geometry, make_sight
from ranking.heads import Mlp, RatingBaseline
from ranking.joint_rating import JointRating
from schemas import columns
from schemas.config import RankingConfig, like_threshold
from towers.dropout import Dropout
from towers.event_inputs import TIME_BUCKETS, gap_bucket, rating_inputs
from towers.initializers import small_normal
from towers.item_tower import ItemTower, mean_embedding

HISTORY = (
    columns.HISTORY_ITEM_ID,
    columns.HISTORY_RATING,
    columns.HISTORY_TIMESTAMP,
    columns.HISTORY_MASKED,
    "history_vector",
)


class Ranker(keras.Model):
    """Scores candidates for the owners of a request.

    An item's vector is its token of width `embedding_dim` with its rating bias behind it, so that
    one table serves histories and candidates, and a new item needs one vector.
    """

    def __init__(
        self,
        item_sizes: dict[str, int],
        user_sizes: dict[str, int],
        rating_range: tuple[float, float],
        mean_rating: float,
        config: RankingConfig,
    ):
        """Creates the ranker.

        Args:
            item_sizes: `item_id` and each content feature to its number of indices.
            user_sizes: User feature to its number of indices.
            rating_range: Ends of the rating scale.
            mean_rating: Mean rating of the training events, where mu starts.
            config: The stage's configuration.
        """
        super().__init__()
        self.without = config.without
        if "item_content" in self.without:
            item_sizes = {columns.ITEM_ID: item_sizes[columns.ITEM_ID]}
        self.dim = dim = config.embedding_dim
        self.attention_len = config.attention_len
        self.rating_range = rating_range
        self.like_threshold = like_threshold(config.like_share, rating_range)
        small = small_normal()

        def table(size: int, name: str) -> Any:
            return keras.layers.Embedding(size, dim, embeddings_initializer=small, name=name)

        self.item_tower = ItemTower(item_sizes, dim, unit=False, name="item_tower")
        content = item_sizes | {columns.ITEM_ID: 1}
        self.item_bias = ItemTower(content, 1, unit=False, name="item_bias")
        self.user_tables = {n: table(size, f"{n}_embedding") for n, size in user_sizes.items()}
        self.gap = table(TIME_BUCKETS, "gap_embedding")
        self.rating = keras.layers.Dense(dim, kernel_initializer=small, name="rating")
        self.dropout = Dropout(config.dropout)
        self.blocks = [
            PairUserBlock(
                dim,
                config.heads,
                config.dropout,
                "owner_bias" not in self.without,
                name=f"block_{i}",
            )
            for i in range(config.blocks)
        ]
        self.norm = keras.layers.LayerNormalization(epsilon=1e-6)
        self.baseline = RatingBaseline(mean_rating, name="rating_baseline")
        self.agreement_features = AgreementFeatures(name="agreement_features")
        width = dim + agreement_features.FEATURES
        self.opinion_head = Mlp(width, config.hidden, config.dropout, 2, name="opinion_head")
        self.joint_rating = JointRating(name="joint_rating")
        self.affinity_features = AffinityFeatures(name="affinity_features")
        width = dim + affinity_features.FEATURES + 1
        self.watch_head = Mlp(width, config.hidden, config.dropout, name="watch_head")
        self._build_parts()

    def _build_parts(self) -> None:
        self.affinity_features.build()
        self.agreement_features.build()
        heads = (self.baseline, self.opinion_head, self.watch_head)
        tables = (self.item_tower, self.item_bias, *self.user_tables.values(), self.gap)
        parts: tuple[Any, ...] = (*tables, *self.blocks, *heads)
        for part in parts:
            part.build(None)
        self.rating.build((None, 2))
        self.norm.build((None, self.dim))
        self.role = self.add_weight(
            shape=(2, self.dim), initializer=self.gap.embeddings_initializer, name="role"
        )
        self.retrieval_weight = self.add_weight(
            shape=(), initializer="ones", name="retrieval_weight"
        )
        self.affinity_weight = self.add_weight(
            shape=(affinity_features.FEATURES,), initializer="zeros", name="affinity_weight"
        )
        self.like_steepness = FastWeights(1.0, name="like_steepness")
        self.agreement_weight = FastWeights(agreement_features.WEIGHTS, name="agreement_weight")
        self.rating_damping = FastWeights(3.0, name="rating_damping")
        self.built = True

    def item_vectors(self, items: dict[str, Any]) -> Any:
        """Vectors of items by their ids and content; `rated` adds what is known of their ratings.

        Args:
            items: As in `ItemTower.call`.

        Returns:
            `[items, embedding_dim + 1]`.
        """
        of_content = items | {columns.ITEM_ID: ops.zeros_like(items[columns.ITEM_ID])}
        return ops.concatenate([self.item_tower(items), self.item_bias(of_content)], axis=-1)

    def rated(self, vectors: Any, total: Any, count: Any) -> Any:
        """Vectors of items whose ratings are known.

        With T the sum of the residuals of an item's ratings and n their number, its bias is
        (T + s c) / (n + s) for a bias c by its content and a learned s.

        Args:
            vectors: `[..., embedding_dim + 1]` as `item_vectors` gives them.
            total: `[...]` float, T.
            count: `[...]` float, n.
        """
        damping = ops.softplus(self.rating_damping.values())
        bias = (total + damping * vectors[..., self.dim]) / (count + damping)
        return ops.concatenate([vectors[..., : self.dim], ops.expand_dims(bias, -1)], axis=-1)

    def call(self, batch: dict[str, Any], training: bool | None = None) -> dict[str, Any]:
        """Scores candidates at each trailing cutoff of the owners' histories.

        Args:
            batch: `history_item_id`, `history_rating`, `history_timestamp`
                `[batch, owners, history_len]`, left-padded with 0 and NaN; `history_vector`
                `[batch, owners, history_len, embedding_dim + 1]`; `candidate_vector`
                `[batch, cutoffs, candidates, embedding_dim + 1]`; `retrieval_score`
                `[batch, cutoffs, candidates, owners]`; as `ranking.item_memory.ItemMemory` gives
                them, `affinity` of the newest `attention_len` events and `agreement` of all;
                `owner_mask` `[batch, owners]` bool; each user feature `[batch, owners]` int64; and,
                if events are to be left unread, `history_masked` `[batch, owners, history_len]`
                bool, True for those. At least `attention_len` events, which may be padding.
            training: Whether dropout applies.

        Returns:
            `rating`, and `like`, the logit of a rating of at least `like_threshold`, `[batch,
            cutoffs, candidates, owners]`, like `watch_next`, the logit of each owner's choice among
            the candidates; `joint_rating` `[batch, cutoffs, candidates]`.
        """
        if "times" in self.without:
            unknown = ops.zeros_like(batch[columns.HISTORY_TIMESTAMP])
            batch = batch | {columns.HISTORY_TIMESTAMP: unknown}
        newest = {n: last_events(batch[n], self.attention_len) for n in HISTORY if n in batch}
        if "pair_attention" in self.without:
            of_owners = {*newest, "owner_mask", *self.user_tables}
            alone = each_owner_alone(batch | newest, of_owners)
            tokens = owners_together(self._tokens(alone, training), batch)
        else:
            tokens = self._tokens(batch | newest, training)
        return self._predict(batch, tokens, training)

    def _tokens(self, batch: dict[str, Any], training: bool | None) -> Any:
        """What the blocks make of the candidates; `[batch, cutoffs, candidates, owners, dim]`."""
        geometry = _geometry(batch)
        owner = self._owner_token(batch)
        history = self.dropout(self._history_tokens(batch, owner), training=training)
        tokens = self._candidate_tokens(batch["candidate_vector"], owner)
        tokens = self.dropout(tokens, training=training)
        for block in self.blocks:
            history, tokens = block(history, tokens, geometry=geometry, training=training)
        return self.norm(tokens)

    def _owner_token(self, batch: dict[str, Any]) -> Any:
        """What is known of an owner besides the history, `[batch, owners, embedding_dim]`."""
        token = ops.zeros((*ops.shape(batch["owner_mask"]), self.dim))
        for name, table in self.user_tables.items():
            token = token + mean_embedding(table, ops.expand_dims(batch[name], -1))
        return token

    def _history_tokens(self, batch: dict[str, Any], owner: Any) -> Any:
        """The owner's token, then one per event; `[batch, owners, 1 + attention_len, dim]`."""
        events = batch["history_vector"][..., : self.dim]
        events = events + self.gap(gap_bucket(batch[columns.HISTORY_TIMESTAMP], _present(batch)))
        if "rating_tokens" not in self.without:
            events = events + self.rating(
                rating_inputs(batch[columns.HISTORY_RATING], self.rating_range)
            )
        first = ops.expand_dims(owner + self.role[0], 2)
        return ops.concatenate([first, events], axis=2)

    def _candidate_tokens(self, candidates: Any, owner: Any) -> Any:
        """One per candidate and owner; `[batch, cutoffs, candidates, owners, dim]`."""
        item = ops.expand_dims(candidates[..., : self.dim], 3)
        return item + owner[:, None, None] + self.role[1]

    def _predict(self, batch: dict[str, Any], tokens: Any, training: bool | None) -> dict[str, Any]:
        sight = _sight(batch)
        expected = self._baseline(batch, sight)
        agreement = self._agreement(batch, expected, sight)
        known = ops.concatenate([tokens, agreement], axis=-1)
        opinion = self.opinion_head(known, training=training)
        level = expected[:, :, None]
        of_item = batch["candidate_vector"][..., self.dim :] + ops.matmul(
            agreement[..., : len(agreement_features.FADES)], self.agreement_weight.values()
        )
        rating = level + of_item + opinion[..., 0]
        parts = (level - self.baseline.mu.values(), of_item, opinion[..., 0])
        like = self.like_steepness.values() * (rating - self.like_threshold)
        return {
            "rating": rating,
            "like": like + opinion[..., 1],
            "joint_rating": self.joint_rating(rating, parts, batch["owner_mask"]),
            "watch_next": self._watch_next(batch, tokens, sight, training),
        }

    def _watch_next(
        self, batch: dict[str, Any], tokens: Any, sight: Sight, training: bool | None
    ) -> Any:
        """How likely each owner would watch it next; `[batch, cutoffs, candidates, owners]`."""
        retrieval, newest = batch[columns.RETRIEVAL_SCORE], sight.newest(self.attention_len)
        affinities = self.affinity_features(batch["affinity"], newest.visible, newest.back)
        inputs = ops.concatenate([tokens, affinities, ops.expand_dims(retrieval, -1)], axis=-1)
        known = self.retrieval_weight * retrieval + ops.matmul(affinities, self.affinity_weight)
        return known + self.watch_head(inputs, training=training)[..., 0]

    def _agreement(self, batch: dict[str, Any], expected: Any, sight: Sight) -> Any:
        """Agreement features, `[batch, cutoffs, candidates, owners, features]`.

        `expected` `[batch, cutoffs, owners]` is what the owners give an item without a bias.
        """
        above = batch[columns.HISTORY_RATING] - batch["history_vector"][..., self.dim]
        rated = ops.logical_not(ops.isnan(above))[:, None]
        deviation = ops.where(rated, above[:, None] - ops.expand_dims(expected, -1), 0.0)
        visible = ops.logical_and(sight.visible, rated)
        return self.agreement_features(batch["agreement"], deviation, visible, sight.back)

    def _baseline(self, batch: dict[str, Any], sight: Sight) -> Any:
        """Mu and owner biases at each cutoff, `[batch, cutoffs, owners]`."""
        return self.baseline(
            batch[columns.HISTORY_RATING],
            batch["history_vector"][..., self.dim],
            sight.visible,
            sight.back,
        )


def _present(batch: dict[str, Any]) -> Any:
    """Where there is an event, `[batch, owners, history_len]` bool."""
    return ops.not_equal(batch[columns.HISTORY_ITEM_ID], columns.PADDING)


def _geometry(batch: dict[str, Any]) -> Geometry:
    return make_geometry(
        _present(batch),
        batch[columns.HISTORY_TIMESTAMP],
        batch["owner_mask"],
        batch["candidate_vector"].shape[1],
        masked=batch.get(columns.HISTORY_MASKED),
    )


def _sight(batch: dict[str, Any]) -> Sight:
    read = ops.logical_and(_present(batch), batch["owner_mask"][..., None])
    if columns.HISTORY_MASKED in batch:
        read = ops.logical_and(read, ops.logical_not(batch[columns.HISTORY_MASKED]))
    return make_sight(read, batch["candidate_vector"].shape[1])
