"""What a process of somebody else's has: none of our settings."""

from __future__ import annotations

import os

OUR_FLAGS = ("TF_USE_LEGACY_KERAS", "KERAS_BACKEND", "PYTHONPATH")


def bare_environment() -> dict[str, str]:
    """This process's variables without those that we set."""
    return {name: value for name, value in os.environ.items() if name not in OUR_FLAGS}
