"""The whole numbers that stand for the versions of our models where only numbers will do."""

from __future__ import annotations

from schemas.artifacts import Artifact

_DIGITS = 12
"""Of hex: 48 bits, which JSON's numbers hold too."""


def model_number(artifact: Artifact) -> int:
    """What TensorFlow Serving calls this version of a model.

    It comes from the digest of the artefact's files, not from its version: a stage that was built
    again by force has its old version and other weights, and those need another number. It says
    nothing of which version is the newer.
    """
    return int(artifact.reference["files"][:_DIGITS], 16)
