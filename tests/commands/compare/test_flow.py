"""A comparison of which a fit fails."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from commands.compare import flow
from commands.compare.choose import ALL, Chosen
from commands.compare.flow import Comparison
from evaluation.baselines.registry import BASELINES
from evaluation.own_process import call
from schemas.artifacts import Artifact
from tests.conftest import TINY

CHOSEN = Chosen([BASELINES["popularity"], BASELINES["markov"]], [], [], {})


@pytest.fixture
def comparison(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Comparison:
    """The Markov chain cannot be fitted."""

    def failing(function: str, arguments: Mapping[str, Any], said: Any) -> Any:
        if arguments["model"] == "markov":
            raise RuntimeError("it ended with 1:\nno memory")
        return call(function, arguments, said)

    monkeypatch.setattr(flow, "call", failing)
    return Comparison(tmp_path, TINY, "leave_one_out")


def test_who_was_not_named_is_left_out(comparison: Comparison, prepared: Artifact) -> None:
    models, failed = comparison._fit(prepared, CHOSEN, [ALL])
    assert [model.name for model in models] == ["popularity"]
    assert failed == {"markov": "its fit failed: no memory"}


def test_who_was_named_has_to_be_there(comparison: Comparison, prepared: Artifact) -> None:
    with pytest.raises(RuntimeError, match="no memory"):
        comparison._fit(prepared, CHOSEN, ["popularity", "markov"])
