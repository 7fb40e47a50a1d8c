"""What several tests of the ranker's export share."""

from __future__ import annotations

import pytest

from schemas.artifacts import Artifact
from tests.ranking.exported import Exported, make_exported


@pytest.fixture(scope="session")
def exported(prepared: Artifact, tmp_path_factory: pytest.TempPathFactory) -> Exported:
    """A ranker with random weights, in the training process and exported."""
    return make_exported(prepared, tmp_path_factory.mktemp("exported"))
