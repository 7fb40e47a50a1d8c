"""What a join reads, and so what makes it another one."""

from __future__ import annotations

from pathlib import Path

from pipeline.joining.dataset import Metadata
from schemas.artifacts import Artifact


def test_links_beside_the_data_are_an_input(tmp_path: Path) -> None:
    data = Artifact(tmp_path, {"version": "1"})
    assert set(Metadata().inputs(data)) == {"data"}
    versions = []
    for content in ("movieId,imdbId\n1,2\n", "movieId,imdbId\n1,3\n"):
        (tmp_path / "links.csv").write_text(content)
        versions.append(Metadata().inputs(data)["links"].version)
    assert versions[0] != versions[1]
    named = tmp_path / "named.csv"
    named.write_text("movieId,imdbId\n1,2\n")
    assert Metadata(links=named).links_of(data) == named
