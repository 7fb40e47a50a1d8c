"""Faiss with finer codes finds what the coarse ones miss, in a search of the same form."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("faiss")  # of the extra `bench`

from benchmarks.index import PEERS
from benchmarks.nearest import by_faiss_ivf_pq, by_faiss_ivf_pq64
from benchmarks.nearest.content import EXACT, NEIGHBOURS, QUERIES, TARGET, VECTORS, saved

ITEMS, WIDTH, ASKED = 4_000, 64, 20


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    random = np.random.default_rng(1)
    vectors = random.normal(size=(ITEMS, WIDTH)).astype(np.float32)
    queries = random.normal(size=(2 * ASKED, WIDTH)).astype(np.float32)
    np.save(tmp_path / VECTORS, vectors)
    np.save(tmp_path / QUERIES, queries)
    np.save(tmp_path / EXACT, np.argsort(-(queries @ vectors.T), axis=1)[:, :NEIGHBOURS])
    return tmp_path


def test_both_families_are_peers_and_finer_codes_reach_the_target(directory: Path) -> None:
    sizes = []
    for peer in (by_faiss_ivf_pq, by_faiss_ivf_pq64):
        assert peer.__name__.rpartition(".by_")[2] in PEERS
        assert peer.build(directory)["build_s"] >= 0
        sizes.append(Path(saved(directory)).stat().st_size)
        found = peer.search(directory)
    # 4 bits for each of 64 parts in place of 32 are 16 bytes more an item; partitions are filled up
    # to whole blocks.
    assert 16 * ITEMS <= sizes[1] - sizes[0] <= 40 * ITEMS
    assert found["recall@200"] >= TARGET - 0.02  # chosen on other queries
