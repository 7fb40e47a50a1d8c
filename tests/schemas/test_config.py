import dataclasses

import pytest

from schemas.config import (
    Config,
    EvaluateConfig,
    IndexConfig,
    PrepareConfig,
    RankingConfig,
    RetrievalConfig,
    ServeConfig,
    load_config,
)


def load(tmp_path, text):
    path = tmp_path / "config.toml"
    path.write_text(text)
    return load_config(path)


def test_without_a_file_there_are_the_defaults():
    assert load_config(None) == Config()


def test_an_empty_file_changes_nothing(tmp_path):
    assert load(tmp_path, "") == Config()


def test_named_values_change_and_nothing_else(tmp_path):
    config = load(tmp_path, "[ranking]\nhidden = [32, 16]\nepochs = 3\n\n[serve]\nport = 0\n")
    expected = dataclasses.replace(
        Config(),
        ranking=dataclasses.replace(Config().ranking, hidden=(32, 16), epochs=3),
        serve=dataclasses.replace(Config().serve, port=0),
    )
    assert config == expected


def test_names_are_listed_where_the_default_lists_none(tmp_path):
    assert load(tmp_path, "[prepare]\ntasks = ['pairs']\n").prepare.tasks == ("pairs",)
    with pytest.raises(ValueError, match=r"prepare\.tasks: expected tuple, got \[1\]"):
        load(tmp_path, "[prepare]\ntasks = [1]\n")


def test_a_whole_number_is_taken_where_a_float_is_wanted(tmp_path):
    dropout = load(tmp_path, "[ranking]\ndropout = 0\n").ranking.dropout
    assert dropout == 0.0
    assert type(dropout) is float


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "[ranker]\n",
            r"unknown table 'ranker'; known: \['describe', 'evaluate', 'index', 'join',",
        ),
        ("epochs = 3\n", "unknown table 'epochs'"),
        # Several could not be told apart: no event of training has an unknown item.
        ("[prepare]\nitem_oov_buckets = 3\n", "prepare: unknown key 'item_oov_buckets'"),
        ("[index]\nkind = 'ah'\n", r"index: unknown key 'kind'; known: \['exact_below',"),
        ("index = 3\n", "index: expected a table, got 3"),
        ("[ranking]\nepochs = '3'\n", r"ranking\.epochs: expected int, got '3'"),
        ("[ranking]\nepochs = 3.0\n", r"ranking\.epochs: expected int, got 3\.0"),
        # bool is a subclass of int, which isinstance would let through.
        ("[ranking]\nepochs = true\n", r"ranking\.epochs: expected int, got True"),
        ("[ranking]\ndropout = true\n", r"ranking\.dropout: expected float, got True"),
        ("[ranking]\njit = 1\n", r"ranking\.jit: expected bool, got 1"),
        ("[ranking]\nhidden = 32\n", r"ranking\.hidden: expected tuple, got 32"),
        ("[ranking]\nhidden = [32, '16']\n", r"ranking\.hidden: expected tuple, got \[32, '16'\]"),
        ("[serve]\nhost = 1\n", r"serve\.host: expected str, got 1"),
        ("[ranking]\nepochs = 0\n", r"ranking\.epochs: expected at least 1, got 0"),
        ("[ranking\n", "expected TOML, got "),
    ],
)
def test_errors_name_the_file_the_field_and_what_came(tmp_path, text, message):
    with pytest.raises(ValueError, match=message) as error:
        load(tmp_path, text)
    assert str(error.value).startswith(str(tmp_path / "config.toml"))


def test_every_field_is_described():
    for stage in dataclasses.fields(Config):
        config = getattr(Config(), stage.name)
        for field in dataclasses.fields(config):
            assert f"\n        {field.name}: " in type(config).__doc__, (stage.name, field.name)
            # A default of another type could never be written in a file.
            assert isinstance(getattr(config, field.name), (int, float, str, bool, tuple))


@pytest.mark.parametrize(
    ("stage", "values", "message"),
    [
        (
            RetrievalConfig,
            {"heads": 3},
            "retrieval.embedding_dim: expected a multiple of heads = 3",
        ),
        (RankingConfig, {"heads": 0}, "ranking.heads: expected at least 1, got 0"),
        (RankingConfig, {"embedding_dim": 0}, "ranking.embedding_dim: expected at least 1, got 0"),
        (RankingConfig, {"epochs": 0}, "ranking.epochs: expected at least 1, got 0"),
        (PrepareConfig, {"shards": 0}, "prepare.shards: expected at least 1, got 0"),
        (PrepareConfig, {"min_events": 2}, "prepare.min_events: expected at least 3, got 2"),
        (
            PrepareConfig,
            {"categorical_oov_buckets": -1},
            "prepare.categorical_oov_buckets: expected at least 0, got -1",
        ),
        (PrepareConfig, {"quantile_buckets": 1}, "prepare.quantile_buckets: expected at least 2"),
        (
            PrepareConfig,
            {"split": "random"},
            r"prepare.split: expected one of \['leave_one_out', .*'user_based'\], got",
        ),
        (PrepareConfig, {"tasks": ("sequences",)}, "prepare.tasks: expected one of .*'sequences'"),
        (PrepareConfig, {"tasks": ("pairs", "pairs")}, "prepare.tasks: expected each once"),
        (PrepareConfig, {"task_label": "stars"}, "prepare.task_label: expected one of"),
        (PrepareConfig, {"requests_taken": "last"}, "prepare.requests_taken: expected one of"),
        (PrepareConfig, {"test_share": 0.0}, "prepare.test_share: expected more than 0 and less"),
        (PrepareConfig, {"input_share": 1.0}, "prepare.input_share: expected more than 0 and less"),
        (
            PrepareConfig,
            {"test_share": 0.5, "validation_share": 0.5},
            "prepare.test_share, prepare.validation_share: expected together less than 1",
        ),
        (PrepareConfig, {"window_len": 1}, "prepare.window_len: expected at least 2, got 1"),
        (PrepareConfig, {"seed": 10**7}, "prepare.seed: expected 0 to 9999999, got 10000000"),
        (PrepareConfig, {"tie_seed": -1}, "prepare.tie_seed: expected 0 to 9999999, got -1"),
        (EvaluateConfig, {"resamples": 9}, "evaluate.resamples: expected at least 100, got 9"),
        (PrepareConfig, {"max_reject_rate": 1.5}, "prepare.max_reject_rate: expected 0 to 1"),
        (EvaluateConfig, {"batch_size": 0}, "evaluate.batch_size: expected at least 1, got 0"),
        (EvaluateConfig, {"candidates": 199}, "evaluate.candidates: expected at least 200"),
        (EvaluateConfig, {"pairs_per_item": 0}, "evaluate.pairs_per_item: expected at least 1"),
        (EvaluateConfig, {"seed": -1}, "evaluate.seed: expected at least 0, got -1"),
        (RetrievalConfig, {"tail_share": 1.0}, "retrieval.tail_share: expected more than 0"),
        (RetrievalConfig, {"tail_events": 1}, "retrieval.tail_events: expected 2 to 51"),
        (RetrievalConfig, {"tail_events": 52}, "retrieval.tail_events: expected 2 to 51"),
        (RetrievalConfig, {"history_len": 0}, "retrieval.history_len: expected at least 1, got 0"),
        (RetrievalConfig, {"batch_size": 0}, "retrieval.batch_size: expected at least 1, got 0"),
        (
            RetrievalConfig,
            {"dropout": 1.0},
            "retrieval.dropout: expected 0 or more and less than 1",
        ),
        (RetrievalConfig, {"seed": -1}, "retrieval.seed: expected at least 0, got -1"),
        (RetrievalConfig, {"candidates": 0}, "retrieval.candidates: expected at least 1, got 0"),
        (RetrievalConfig, {"temperature": -1.0}, "retrieval.temperature: expected at least 0"),
        (
            RetrievalConfig,
            {"learning_rate": float("nan")},
            "retrieval.learning_rate: expected more than 0, and finite, got nan",
        ),
        (RetrievalConfig, {"loss": "bpr"}, "retrieval.loss: expected one of .*'tfrs'.*, got 'bpr'"),
        (RankingConfig, {"hidden": ()}, "ranking.hidden: expected widths of at least 1"),
        (RankingConfig, {"hidden": (8, 0)}, "ranking.hidden: expected widths of at least 1"),
        (RankingConfig, {"neighbours": 48}, "ranking.neighbours: expected a power of two, got 48"),
        (RankingConfig, {"ease_l2": 0.0}, "ranking.ease_l2: expected more than 0, got 0.0"),
        (RankingConfig, {"like_share": 0.0}, "ranking.like_share: expected more than 0"),
        (RankingConfig, {"task_weights": "equal"}, "ranking.task_weights: expected one of"),
        (RankingConfig, {"without": ("heads",)}, "ranking.without: expected one of"),
        (RankingConfig, {"patience": -1}, "ranking.patience: expected at least 0, got -1"),
        (RankingConfig, {"negatives": 0}, "ranking.negatives: expected at least 1, got 0"),
        (RankingConfig, {"pair_batch_size": 0}, "ranking.pair_batch_size: expected at least 1"),
        (
            RankingConfig,
            {"rating_weight": float("inf")},
            "ranking.rating_weight: expected at least",
        ),
        (IndexConfig, {"recall_target": 1.1}, "index.recall_target: expected 0 to 1, got 1.1"),
        (IndexConfig, {"recall_k": 0}, "index.recall_k: expected at least 1, got 0"),
        (IndexConfig, {"rebuild_share": 1.5}, "index.rebuild_share: expected 0 to 1, got 1.5"),
        (IndexConfig, {"tree_from": 10}, "index.tree_from: expected at least exact_below = 20000"),
    ],
)
def test_values_that_cannot_work_are_refused(stage, values, message):
    with pytest.raises(ValueError, match=message):
        stage(**values)


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("host", "", "an address"),
        ("port", -1, "0 to 65535"),
        ("port", 65_536, "0 to 65535"),
        ("candidates", 0, "at least 1"),
        ("max_k", 0, "at least 1"),
        ("max_viewers", 0, "at least 1"),
        ("max_history", 0, "at least 1"),
        ("max_exclude", 0, "at least 1"),
        ("max_explained", 0, "at least 1"),
        ("max_explained_viewers", 0, "at least 1"),
        ("max_recorded", 0, "at least 1"),
        ("max_events", 0, "at least 1"),
        ("event_batch", 0, "at least 1"),
        ("event_wait_seconds", 0.0, "more than 0, and finite"),
        ("event_wait_seconds", float("nan"), "more than 0, and finite"),
        ("profiles", "", "sqlite:, sqlite:PATH, redis://HOST:PORT/DATABASE or none"),
        ("profiles", "redis:6379", "sqlite:, sqlite:PATH, redis://HOST:PORT/DATABASE or none"),
        ("profiles", "memory", "sqlite:, sqlite:PATH, redis://HOST:PORT/DATABASE or none"),
        ("max_concurrent", 0, "at least 1"),
        ("max_message_bytes", -1, "1024 to 2147483647"),
        ("max_message_bytes", 1_023, "1024 to 2147483647"),
        ("max_message_bytes", 1 << 31, "1024 to 2147483647"),
        ("grace_seconds", -0.1, "0 or more, and finite"),
        ("grace_seconds", float("nan"), "0 or more, and finite"),
        ("grace_seconds", float("inf"), "0 or more, and finite"),
        ("workers", 0, "at least 1"),
        ("watch_seconds", -1.0, "0 or more, and finite"),
        ("watch_seconds", float("nan"), "0 or more, and finite"),
        ("connection_seconds", 0.5, "1 to 86400"),
        ("connection_seconds", 86_401.0, "1 to 86400"),
        ("connection_seconds", float("nan"), "1 to 86400"),
        ("metrics_port", -1, "0 to 65535"),
        ("metrics_port", 65_536, "0 to 65535"),
        ("log_level", "loud", r"one of \['debug', 'info', 'warning', 'error'\]"),
        ("backend", "", "in-process or tf-serving://HOST:PORT"),
        ("backend", "tensorflow", "in-process or tf-serving://HOST:PORT"),
        ("backend", "tf-serving://host", "in-process or tf-serving://HOST:PORT"),
        ("backend", "tf-serving://:8500", "in-process or tf-serving://HOST:PORT"),
        ("backend", "tf-serving://host:port", "in-process or tf-serving://HOST:PORT"),
        ("retrieval_model", "", "letters, digits, '_', '.' and '-', the first a letter or digit"),
        ("ranking_model", "../x", "letters, digits, '_', '.' and '-', the first a letter or digit"),
        ("ranking_model", "matinee_retrieval", "another name than retrieval_model"),
        ("backend_seconds", 0.0, "more than 0, and finite"),
        ("backend_seconds", float("nan"), "more than 0, and finite"),
        ("backend_start_seconds", float("inf"), "more than 0, and finite"),
        ("backend_tries", 0, "at least 1"),
        ("max_batch", 0, "at least 1"),
        ("max_batch", 257, "at most 256"),
    ],
)
def test_a_server_that_cannot_work_is_refused(name, value, expected):
    with pytest.raises(ValueError, match=f"serve.{name}: expected {expected}, got {value!r}"):
        ServeConfig(**{name: value})


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("port", 0),
        ("port", 65_535),
        ("candidates", 1),
        ("max_k", 1),
        ("max_viewers", 1),
        ("max_history", 1),
        ("max_exclude", 1),
        ("max_explained", 1),
        ("max_explained_viewers", 1),
        ("max_recorded", 1),
        ("max_events", 1),
        ("event_batch", 1),
        ("event_wait_seconds", 0.001),
        ("profiles", "sqlite:"),
        ("profiles", "sqlite:some/file"),
        ("profiles", "redis://localhost"),
        ("profiles", "rediss://user:word@host:6380/3"),
        ("profiles", "none"),
        ("max_concurrent", 1),
        ("max_message_bytes", 1_024),
        ("max_message_bytes", (1 << 31) - 1),
        ("grace_seconds", 0.0),
        ("workers", 1),
        ("watch_seconds", 0.0),
        ("connection_seconds", 1.0),
        ("connection_seconds", 86_400.0),
        ("metrics_port", 65_535),
        ("backend", "tf-serving://localhost:8500"),
        ("backend", "tf-serving://[::1]:8500"),
        ("ranking_model", "films-2.rank_v1"),
        ("backend_tries", 1),
        ("max_batch", 1),
        ("max_batch", 256),
    ],
)
def test_limits_of_a_server_are_inclusive(name, value):
    assert getattr(ServeConfig(**{name: value}), name) == value
