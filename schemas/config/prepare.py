"""Table `[prepare]`."""

from __future__ import annotations

from dataclasses import dataclass

from schemas.config.checks import at_least, check_choice, refuse

SPLIT_KINDS = ("leave_one_out", "global_time", "temporal_user", "user_based")
TASKS = ("sequential", "random_masking", "sliding_windows", "pairs")
LARGEST_SEED = 9_999_999
"""Seven digits are part of the key of a hash."""


@dataclass(frozen=True)
class PrepareConfig:
    """`pipeline/`: source files to transformed examples.

    Attributes:
        shards: Hash shards of users; a Beam element is one shard's record batch.
        min_events: Leave-one-out: users with fewer valid events have no held-out event: every model
            is fitted on all of theirs, none is measured on them.
        categorical_oov_buckets: Hash buckets of each categorical feature for values that its
            vocabulary does not hold; with 0, such a value counts as missing.
        quantile_buckets: Buckets of each numeric feature.
        max_reject_rate: Share of rejected rows above which the run fails.
        schema: File with the schema that the source columns must follow (docs/schema.md); "": the
            `.pbtxt` beside the dataset's card, if there is one.
        tie_seed: How a user's events of one second are ordered: 0 as the file has them, else by a
            hash of this seed. Runs with several seeds say how far figures depend on such ties.
        split: `leave_one_out`, `global_time`, `temporal_user` or `user_based`; `pipeline/splits/`
            says what each is.
        test_share: Newest share of all events (global time), of each user's events (temporal user),
            or share of the users (user-based) that tests.
        validation_share: The share before it, or of the other users, that validates.
        test_from: Global time: unix seconds of the cut-off in place of `test_share`; 0: by share.
        validation_from: The same in place of `validation_share`.
        input_share: User-based: share of a held-out user's events, the early ones, that are input.
        min_history: All but leave-one-out: fewest events before a request.
        requests_per_user: The same: most requests of a user in one split.
        requests_taken: The same: which are kept where there are more, the `first` after the cut or
            the `newest`.
        tasks: Examples made beside the full histories: any of `sequential`, `random_masking`,
            `sliding_windows` and `pairs`; `pipeline/tasks/` says what each is.
        task_label: What an example's label is: `explicit`, the rating, where one was given, or
            `implicit`, 1 for what was liked and 0 for what was not.
        target_min_rating: An item was liked if its rating is at least this, or if none was given.
        statistics_features: Item features by whose values an example's past is averaged and
            counted, such as `genres`.
        sequence_len: Newest events before each target of `sequential`.
        masks_per_user: Items hidden of each user, one in each example, by `random_masking`.
        window_len: Events of a sliding window; the last is the target.
        window_step: Events from one window's start to the next one's.
        pairs_per_item: Most pairs of users for one item.
        pair_history_len: Newest events of each history of a pair.
        seed: Of the user-based split, of masks and of pairs.
    """

    shards: int = 8
    min_events: int = 3
    categorical_oov_buckets: int = 1
    quantile_buckets: int = 10
    max_reject_rate: float = 0.01
    schema: str = ""
    tie_seed: int = 0
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
    sequence_len: int = 50
    masks_per_user: int = 1
    window_len: int = 4
    window_step: int = 2
    pairs_per_item: int = 10
    pair_history_len: int = 50
    seed: int = 1

    def __post_init__(self) -> None:
        check_choice("prepare.split", self.split, SPLIT_KINDS)
        check_choice("prepare.requests_taken", self.requests_taken, ("first", "newest"))
        check_choice("prepare.task_label", self.task_label, ("explicit", "implicit"))
        for task in self.tasks:
            check_choice("prepare.tasks", task, TASKS)
        for name in ("tasks", "statistics_features"):
            if len(set(getattr(self, name))) != len(getattr(self, name)):
                refuse(f"prepare.{name}", "each once", getattr(self, name))
        if self.statistics_features and not self.tasks:
            refuse("prepare.statistics_features", "none without tasks", self.statistics_features)
        # Of min_events, one is to train on, one to validate, one to test.
        at_least(
            "prepare",
            self,
            shards=1,
            min_events=3,
            categorical_oov_buckets=0,
            quantile_buckets=2,
            min_history=0,
            requests_per_user=1,
            sequence_len=1,
            masks_per_user=1,
            window_len=2,
            window_step=1,
            pairs_per_item=1,
            pair_history_len=1,
            test_from=0,
            validation_from=0,
        )
        if not 0 <= self.max_reject_rate <= 1:
            refuse("prepare.max_reject_rate", "0 to 1", self.max_reject_rate)
        for name in ("test_share", "validation_share", "input_share"):
            if not 0 < getattr(self, name) < 1:
                refuse(f"prepare.{name}", "more than 0 and less than 1", getattr(self, name))
        if not self.test_share + self.validation_share < 1:
            held_out = f"{self.test_share} and {self.validation_share}"
            refuse("prepare.test_share, prepare.validation_share", "together less than 1", held_out)
        for name in ("seed", "tie_seed"):
            if not 0 <= getattr(self, name) <= LARGEST_SEED:
                refuse(f"prepare.{name}", f"0 to {LARGEST_SEED}", getattr(self, name))
