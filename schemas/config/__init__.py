"""Configuration of every stage: frozen dataclasses, read from one TOML file."""

from schemas.config.describe import DescribeConfig
from schemas.config.evaluate import EvaluateConfig
from schemas.config.index import IndexConfig
from schemas.config.join import MAX_SCORE, JoinConfig
from schemas.config.load import Config, config_from_dict, load_config
from schemas.config.prepare import SPLIT_KINDS, TASKS, PrepareConfig
from schemas.config.ranking import RankingConfig, like_threshold
from schemas.config.retrieval import RetrievalConfig
from schemas.config.serve import ServeConfig

__all__ = [
    "MAX_SCORE",
    "SPLIT_KINDS",
    "TASKS",
    "Config",
    "DescribeConfig",
    "EvaluateConfig",
    "IndexConfig",
    "JoinConfig",
    "PrepareConfig",
    "RankingConfig",
    "RetrievalConfig",
    "ServeConfig",
    "config_from_dict",
    "like_threshold",
    "load_config",
]
