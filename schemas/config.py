"""Configuration of every stage: frozen dataclasses, read from one TOML file."""

from __future__ import annotations

import dataclasses
import math
import tomllib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

SPLIT_KINDS = ("leave_one_out", "global_time", "user_based")
TASKS = ("random_masking", "sliding_windows", "pairs")
LARGEST_SEED = 9_999_999
"""Seven digits are part of the key of a hash."""
MAX_SCORE = 100.0
"""Similarity of a title with itself."""
MAX_MATRIX_CELLS = 2_000
"""More than a screen shows, and megabytes of picture."""
LOSSES = ("full_softmax", "tfrs")


@dataclass(frozen=True)
class PrepareConfig:
    """`pipeline/`: source files to transformed examples.

    Attributes:
        shards: Hash shards of users; a Beam element is one shard's record batch.
        min_events: Leave-one-out: users with fewer valid events have no held-out event: every model
            is fitted on all of theirs, none is measured on them.
        item_oov_buckets: Hash buckets for items that the vocabulary does not hold, at least 1:
            without one, an event with an item added later would have the index of padding.
        categorical_oov_buckets: The same for each categorical feature; with 0, a value that the
            vocabulary does not hold counts as missing.
        quantile_buckets: Buckets of each numeric feature.
        max_reject_rate: Share of rejected rows above which the run fails.
        schema: File with the schema that the source columns must follow (docs/schema.md); "": the
            `.pbtxt` beside the dataset's card, if there is one.
        split: `leave_one_out`, `global_time` or `user_based`; `pipeline/splits/` says what each is.
        test_share: Newest share of all events (global time) or share of the users (user-based) that
            tests.
        validation_share: The share before it, or of the other users, that validates.
        test_from: Global time: unix seconds of the cut-off in place of `test_share`; 0: by share.
        validation_from: The same in place of `validation_share`.
        input_share: User-based: share of a held-out user's events, the early ones, that are input.
        min_history: Global time and user-based: fewest events before a request.
        requests_per_user: The same: most requests of a user in one split.
        requests_taken: The same: which are kept where there are more, the `first` after the cut or
            the `newest`.
        tasks: Examples made beside the full histories: any of `random_masking`, `sliding_windows`
            and `pairs`; `pipeline/tasks/` says what each is.
        task_label: What an example's label is: `explicit`, the rating, where one was given, or
            `implicit`, 1 for what was liked and 0 for what was not.
        target_min_rating: An item was liked if its rating is at least this, or if none was given.
        statistics_features: Item features by whose values an example's past is averaged and
            counted, such as `genres`.
        masks_per_user: Items hidden of each user, one in each example, by `random_masking`.
        window_len: Events of a sliding window; the last is the target.
        window_step: Events from one window's start to the next one's.
        pairs_per_item: Most pairs of users for one item.
        pair_history_len: Newest events of each history of a pair.
        seed: Of the user-based split, of masks and of pairs.
    """

    shards: int = 8
    min_events: int = 3
    item_oov_buckets: int = 1
    categorical_oov_buckets: int = 1
    quantile_buckets: int = 10
    max_reject_rate: float = 0.01
    schema: str = ""
    split: str = "leave_one_out"
    test_share: float = 0.1
    validation_share: float = 0.1
    test_from: int = 0
    validation_from: int = 0
    input_share: float = 0.5
    min_history: int = 1
    requests_per_user: int = 10
    requests_taken: str = "first"
    tasks: tuple[str, ...] = ()
    task_label: str = "explicit"
    target_min_rating: float = 3.0
    statistics_features: tuple[str, ...] = ()
    masks_per_user: int = 1
    window_len: int = 4
    window_step: int = 2
    pairs_per_item: int = 10
    pair_history_len: int = 50
    seed: int = 1

    def __post_init__(self) -> None:
        _check_choice("prepare.split", self.split, SPLIT_KINDS)
        _check_choice("prepare.requests_taken", self.requests_taken, ("first", "newest"))
        _check_choice("prepare.task_label", self.task_label, ("explicit", "implicit"))
        for task in self.tasks:
            _check_choice("prepare.tasks", task, TASKS)
        for name in ("tasks", "statistics_features"):
            if len(set(getattr(self, name))) != len(getattr(self, name)):
                _refuse(f"prepare.{name}", "each once", getattr(self, name))
        # Of min_events, one is to train on, one to validate, one to test.
        _at_least(
            "prepare",
            self,
            shards=1,
            min_events=3,
            item_oov_buckets=1,
            categorical_oov_buckets=0,
            quantile_buckets=2,
            min_history=0,
            requests_per_user=1,
            masks_per_user=1,
            window_len=2,
            window_step=1,
            pairs_per_item=1,
            pair_history_len=1,
            test_from=0,
            validation_from=0,
        )
        if not 0 <= self.max_reject_rate <= 1:
            _refuse("prepare.max_reject_rate", "0 to 1", self.max_reject_rate)
        for name in ("test_share", "validation_share", "input_share"):
            if not 0 < getattr(self, name) < 1:
                _refuse(f"prepare.{name}", "more than 0 and less than 1", getattr(self, name))
        if not self.test_share + self.validation_share < 1:
            held_out = f"{self.test_share} and {self.validation_share}"
            _refuse(
                "prepare.test_share, prepare.validation_share", "together less than 1", held_out
            )
        if not 0 <= self.seed <= LARGEST_SEED:
            _refuse("prepare.seed", f"0 to {LARGEST_SEED}", self.seed)


@dataclass(frozen=True)
class JoinConfig:
    """`pipeline/joining/`: metadata of films found by id or by title and year.

    Attributes:
        year_tolerance: Most years between an item and a record with the same title.
        min_score: Least similarity of two titles that are not spelled the same, 0 to 100
            (rapidfuzz's token_sort_ratio); `python -m benchmarks.join` prints what others cost.
        year_penalty: Points of similarity that each year between the two costs.
        near_miss: Points below `min_score` within which a pair is reported as doubtful.
        max_block: A word held by more titles of neighbouring years than this is not looked for.
        imdb_kinds: Title types of IMDb that are films.
    """

    year_tolerance: int = 1
    min_score: float = 95.0
    year_penalty: float = 5.0
    near_miss: float = 5.0
    max_block: int = 500
    imdb_kinds: tuple[str, ...] = (
        "movie",
        "tvMovie",
        "video",
        "short",
        "tvShort",
        "tvSpecial",
        "tvMiniSeries",
        "tvSeries",
    )

    def __post_init__(self) -> None:
        if not 0 <= self.min_score <= MAX_SCORE:
            _refuse("join.min_score", f"0 to {MAX_SCORE:g}", self.min_score)
        if self.max_block < 1:
            _refuse("join.max_block", "at least 1", self.max_block)
        for name in ("year_tolerance", "year_penalty", "near_miss"):
            if not 0 <= getattr(self, name) < math.inf:
                _refuse(f"join.{name}", "0 or more, and finite", getattr(self, name))
        if not self.imdb_kinds:
            _refuse("join.imdb_kinds", "at least one title type", self.imdb_kinds)


@dataclass(frozen=True)
class DescribeConfig:
    """`pipeline/describe/`: the exploratory report.

    Attributes:
        top_items: Most popular items that are listed.
        top_values: Values of each categorical feature that are listed.
        matrix_cells: Most rows, and most columns, of the picture of the user-item matrix.
        seed: Of the samples that say what distance between splits chance alone reaches.
    """

    top_items: int = 20
    top_values: int = 20
    matrix_cells: int = 200
    seed: int = 1

    def __post_init__(self) -> None:
        _at_least("describe", self, top_items=1, top_values=1, matrix_cells=1, seed=0)
        if self.matrix_cells > MAX_MATRIX_CELLS:
            _refuse("describe.matrix_cells", f"at most {MAX_MATRIX_CELLS}", self.matrix_cells)


@dataclass(frozen=True)
class RetrievalConfig:
    """`towers/`: the two-tower model.

    Attributes:
        embedding_dim: Width of query and item vectors.
        history_len: Newest events of a history that the encoder reads.
        blocks: Transformer blocks of the history encoder.
        heads: Attention heads in each block.
        dropout: Dropout rate on tokens, attention output and feed-forward output.
        loss: `tfrs` (TFRS Retrieval task, whole catalogue as candidates) or `full_softmax`
            (the same loss in plain `keras.ops`).
        mask_seen: Leave a history's own items out of the negatives; right where what was seen is
            not recommended again, wrong for repeated consumption.
        temperature: Divides the inner product of unit vectors; 0 means plain dot product.
        batch_size: Users in a training step.
        learning_rate: Peak rate of AdamW, after a warm-up and before a cosine decay.
        weight_decay: Of AdamW.
        epochs: Upper limit; early stopping on the held-back events picks the number used.
        patience: Epochs without a better validation NDCG@10 before stopping.
        tail_share: Share of each user's events held back from the candidate model, whose
            retrievals at those events train the ranker.
        tail_events: Upper limit of held-back events per user.
        candidates: Retrieved items kept per held-back event.
        jit: Compile the training step with XLA.
        seed: Seed of initial weights, data order and dropout.
    """

    embedding_dim: int = 64
    history_len: int = 50
    blocks: int = 2
    heads: int = 2
    dropout: float = 0.2
    loss: str = "full_softmax"
    mask_seen: bool = True
    temperature: float = 0.0
    batch_size: int = 64
    learning_rate: float = 2e-3
    weight_decay: float = 0.01
    epochs: int = 24
    patience: int = 6
    tail_share: float = 0.3
    tail_events: int = 10
    candidates: int = 200
    jit: bool = True
    seed: int = 1

    def __post_init__(self) -> None:
        _check_training("retrieval", self)
        _at_least("retrieval", self, temperature=0, patience=1, candidates=1)
        if self.loss not in LOSSES:
            _refuse("retrieval.loss", f"one of {list(LOSSES)}", self.loss)
        if not 0 < self.tail_share < 1:
            _refuse("retrieval.tail_share", "more than 0 and less than 1", self.tail_share)
        # One event to train the ranker on, one to validate it; all from one pass of the encoder.
        if not 2 <= self.tail_events <= self.history_len + 1:
            expected = f"2 to {self.history_len + 1}, which is history_len + 1"
            _refuse("retrieval.tail_events", expected, self.tail_events)


@dataclass(frozen=True)
class IndexConfig:
    """The ScaNN index.

    Attributes:
        exact_below: Catalogues smaller than this are searched exactly.
        tree_from: Catalogues of at least this size get a partitioning tree with SOAR.
        recall_target: Least acceptable recall@`recall_k` against exact search; a build that
            misses it fails.
        recall_k: Neighbours compared.
        recall_queries: Real queries measured, of those that the retrieval stage drew.
        seed: Seed of the query sample.
    """

    exact_below: int = 20_000
    tree_from: int = 100_000
    recall_target: float = 0.95
    recall_k: int = 200
    recall_queries: int = 1_000
    seed: int = 1

    def __post_init__(self) -> None:
        if not 0 <= self.recall_target <= 1:
            _refuse("index.recall_target", "0 to 1", self.recall_target)
        _at_least("index", self, exact_below=0, recall_k=1, recall_queries=1, seed=0)
        if self.tree_from < self.exact_below:
            expected = f"at least exact_below = {self.exact_below}"
            _refuse("index.tree_from", expected, self.tree_from)


@dataclass(frozen=True)
class RankingConfig:
    """`ranking/`: the behaviour-sequence transformer with pair-user attention.

    Attributes:
        embedding_dim: Width of tokens.
        history_len: Newest events of each owner's history that are read.
        blocks: Transformer blocks.
        heads: Attention heads in each block.
        hidden: Widths of each head's MLP.
        dropout: Dropout rate on tokens, attention output and MLPs.
        negatives: Retrieved but unwatched candidates beside each watched one, sampled per epoch.
        pairs_per_item: Upper limit of user pairs taken per commonly rated item and epoch.
        pair_batch_size: Pairs in a training step.
        batch_size: Users in a training step.
        learning_rate: Peak rate of AdamW, after a warm-up and before a cosine decay.
        weight_decay: Of AdamW.
        epochs: Epochs trained; the log has validation figures of each.
        rating_weight: Weight of the owners' rating loss.
        pair_weight: Weight of what pairs teach: the loss of their mean rating and of each one's.
        watch_next_weight: Weight of the listwise watch-next loss.
        jit: Compile the training step with XLA; here XLA's CPU code is several times slower.
        seed: Seed of initial weights, samples and dropout.
    """

    embedding_dim: int = 64
    history_len: int = 50
    blocks: int = 2
    heads: int = 2
    hidden: tuple[int, ...] = (256, 128)
    dropout: float = 0.2
    negatives: int = 24
    pairs_per_item: int = 40
    pair_batch_size: int = 16
    batch_size: int = 32
    learning_rate: float = 1e-3
    weight_decay: float = 0.01
    epochs: int = 10
    rating_weight: float = 1.0
    pair_weight: float = 1.0
    watch_next_weight: float = 1.0
    jit: bool = False
    seed: int = 1

    def __post_init__(self) -> None:
        _check_training("ranking", self)
        _at_least("ranking", self, negatives=1, pairs_per_item=1, pair_batch_size=1)
        _at_least("ranking", self, rating_weight=0, pair_weight=0, watch_next_weight=0)
        if not self.hidden or min(self.hidden) < 1:
            _refuse("ranking.hidden", "widths of at least 1", self.hidden)


@dataclass(frozen=True)
class EvaluateConfig:
    """Offline evaluation.

    Attributes:
        batch_size: Users scored at once.
        candidates: Items asked of retrieval and ordered by the second stage; at least 200, the
            widest cut-off that is reported.
        pairs_per_item: Most pairs of users who share a test item, for the error of joint ratings;
            above it as many are drawn at random.
        seed: Seed of that draw.
    """

    batch_size: int = 64
    candidates: int = 200
    pairs_per_item: int = 1_000
    seed: int = 1

    def __post_init__(self) -> None:
        _at_least("evaluate", self, batch_size=1, candidates=200, pairs_per_item=1, seed=0)


@dataclass(frozen=True)
class ServeConfig:
    """The gRPC server; what exceeds a limit is refused with an error, never cut.

    Attributes:
        host: Address to listen on; loopback unless someone decides otherwise.
        port: Port to listen on; 0 takes a free one.
        candidates: Items retrieved per viewer before ranking.
        max_k: Largest accepted k.
        max_viewers: Most viewers of one request.
        max_history: Most events of one anonymous history.
        max_exclude: Most excluded item ids.
        max_message_bytes: Largest request message.
        max_concurrent: Requests in progress before RESOURCE_EXHAUSTED.
        grace_seconds: Time that running requests get on SIGTERM.
    """

    host: str = "127.0.0.1"
    port: int = 8500
    candidates: int = 200
    max_k: int = 500
    max_viewers: int = 8
    max_history: int = 2_000
    max_exclude: int = 10_000
    max_message_bytes: int = 1 << 20
    max_concurrent: int = 64
    grace_seconds: float = 5.0

    def __post_init__(self) -> None:
        if not self.host:
            _refuse("serve.host", "an address", self.host)
        if not 0 <= self.port <= 65_535:
            _refuse("serve.port", "0 to 65535", self.port)
        for name in (
            "candidates",
            "max_k",
            "max_viewers",
            "max_history",
            "max_exclude",
            "max_concurrent",
        ):
            if getattr(self, name) < 1:
                _refuse(f"serve.{name}", "at least 1", getattr(self, name))
        # gRPC takes -1 for "no limit" and keeps the size in an int32.
        if not 1_024 <= self.max_message_bytes < 1 << 31:
            expected = f"1024 to {(1 << 31) - 1}"
            _refuse("serve.max_message_bytes", expected, self.max_message_bytes)
        if not 0 <= self.grace_seconds < math.inf:  # NaN compares false
            _refuse("serve.grace_seconds", "0 or more, and finite", self.grace_seconds)


@dataclass(frozen=True)
class Config:
    """All stages, one table each."""

    prepare: PrepareConfig = field(default_factory=PrepareConfig)
    join: JoinConfig = field(default_factory=JoinConfig)
    describe: DescribeConfig = field(default_factory=DescribeConfig)
    retrieval: RetrievalConfig = field(default_factory=RetrievalConfig)
    index: IndexConfig = field(default_factory=IndexConfig)
    ranking: RankingConfig = field(default_factory=RankingConfig)
    evaluate: EvaluateConfig = field(default_factory=EvaluateConfig)
    serve: ServeConfig = field(default_factory=ServeConfig)


def _check_training(stage: str, config: RetrievalConfig | RankingConfig) -> None:
    """What both models have."""
    if config.heads < 1 or config.embedding_dim < 1 or config.embedding_dim % config.heads:
        expected = f"a multiple of heads = {config.heads}"
        _refuse(f"{stage}.embedding_dim", expected, config.embedding_dim)
    _at_least(stage, config, history_len=1, blocks=1, batch_size=1, epochs=1)
    _at_least(stage, config, weight_decay=0, seed=0)
    if not 0 <= config.dropout < 1:
        _refuse(f"{stage}.dropout", "0 or more and less than 1", config.dropout)
    if not 0 < config.learning_rate < math.inf:
        _refuse(f"{stage}.learning_rate", "more than 0, and finite", config.learning_rate)


def _at_least(stage: str, config: Any, **least: int) -> None:
    for name, value in least.items():
        if not value <= getattr(config, name) < math.inf:  # NaN compares false
            _refuse(f"{stage}.{name}", f"at least {value}", getattr(config, name))


def _check_choice(field_name: str, value: str, known: tuple[str, ...]) -> None:
    if value not in known:
        _refuse(field_name, f"one of {list(known)}", value)


def _refuse(field_name: str, expected: str, got: object) -> None:
    raise ValueError(f"{field_name}: expected {expected}, got {got!r}")


def load_config(path: Path | None) -> Config:
    """Reads a TOML file over the defaults; without a path, the defaults.

    Raises:
        ValueError: The file is no TOML, a table or key is unknown, a value is of the wrong type or
            cannot work; the message names the file.
    """
    if path is None:
        return Config()
    try:
        raw = tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ValueError(f"{path}: expected TOML, got {error}") from None
    tables = vars(Config())
    unknown = sorted(set(raw) - set(tables))
    if unknown:
        raise ValueError(f"{path}: unknown table {unknown[0]!r}; known: {sorted(tables)}")
    stages = {}
    for name, table in raw.items():
        if not isinstance(table, dict):
            raise ValueError(f"{path}: {name}: expected a table, got {table!r}")
        stages[name] = _stage(tables[name], table, f"{path}: ", name)
    return Config(**stages)


def _stage(defaults: Any, table: dict[str, Any], file: str, stage: str) -> Any:
    """`defaults` with the values of a TOML table, each checked against the default's type."""
    where = file + stage
    known = {f.name: getattr(defaults, f.name) for f in dataclasses.fields(defaults)}
    values = {}
    for key, value in table.items():
        if key not in known:
            raise ValueError(f"{where}: unknown key {key!r}; known: {sorted(known)}")
        values[key] = _typed(value, known[key], f"{where}.{key}")
    try:
        return dataclasses.replace(defaults, **values)
    except ValueError as error:
        raise ValueError(f"{file}{error}") from None


def _typed(value: Any, default: Any, where: str) -> Any:
    """TOML has no tuples and writes whole floats as integers; nothing else is converted."""
    if isinstance(default, tuple):
        kind = type(default[0]) if default else str  # what is empty by default lists names
        if isinstance(value, list) and all(type(v) is kind for v in value):
            return tuple(value)
    elif isinstance(default, float) and type(value) is int:
        return float(value)
    elif type(value) is type(default):
        return value
    raise ValueError(f"{where}: expected {type(default).__name__}, got {value!r}")
