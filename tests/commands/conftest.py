from collections.abc import Callable
from pathlib import Path

import pytest


@pytest.fixture
def file(tmp_path: Path) -> Callable[..., Path]:
    """Function: a file of some lines."""

    def write(*lines: str) -> Path:
        path = tmp_path / "lines.jsonl"
        path.write_text("\n".join(lines))
        return path

    return write
