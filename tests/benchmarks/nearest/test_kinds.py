"""Every kind of index is built and searched, whatever size the catalogue has."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from benchmarks.index import prepare
from benchmarks.nearest.content import EXACT, QUERIES, TARGET
from benchmarks.nearest.kinds import KINDS, every_kind


def test_each_kind_is_what_was_asked_for(tmp_path: Path) -> None:
    prepare("3000", tmp_path)
    for name in (QUERIES, EXACT):
        np.save(tmp_path / name, np.load(tmp_path / name)[:400])
    found = every_kind(tmp_path)
    figures = ("recall@200", "p50_ms", "p99_ms", "build_s")
    assert {*found} == {f"{kind}_{figure}" for kind in KINDS for figure in figures}
    assert found["exact_recall@200"] > 0.999
    for kind in KINDS:
        assert found[f"{kind}_recall@200"] >= TARGET - 0.02  # chosen on other queries
        manifest = (tmp_path / kind / "latest" / "manifest.json").read_text()
        assert f'"kind": "{kind}"' in manifest
