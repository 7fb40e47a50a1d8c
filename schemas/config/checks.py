"""Checks of what a table says: each raises a ValueError that names the field."""

from __future__ import annotations

import math
from typing import Any, NoReturn


def check_training(stage: str, config: Any) -> None:
    """What the tables of both models have."""
    at_least(stage, config, embedding_dim=1, heads=1)
    if config.embedding_dim % config.heads:
        expected = f"a multiple of heads = {config.heads}"
        refuse(f"{stage}.embedding_dim", expected, config.embedding_dim)
    at_least(stage, config, history_len=1, blocks=1, batch_size=1, epochs=1)
    at_least(stage, config, weight_decay=0, seed=0)
    if not 0 <= config.dropout < 1:
        refuse(f"{stage}.dropout", "0 or more and less than 1", config.dropout)
    if not 0 < config.learning_rate < math.inf:
        refuse(f"{stage}.learning_rate", "more than 0, and finite", config.learning_rate)


def at_least(stage: str, config: Any, **least: int) -> None:
    """Checks that each named field has at least this value, and is finite."""
    for name, value in least.items():
        if not value <= getattr(config, name) < math.inf:  # NaN compares false
            refuse(f"{stage}.{name}", f"at least {value}", getattr(config, name))


def check_choice(field_name: str, value: str, known: tuple[str, ...]) -> None:
    """Checks that the value is one of those known."""
    if value not in known:
        refuse(field_name, f"one of {list(known)}", value)


def refuse(field_name: str, expected: str, got: object) -> NoReturn:
    """Raises the ValueError of a field, `table.key`."""
    raise ValueError(f"{field_name}: expected {expected}, got {got!r}")
