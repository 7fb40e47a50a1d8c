import dataclasses
from pathlib import Path

from schemas.artifacts import Artifact
from serving.model_numbers import model_number


def test_the_number_goes_with_the_files():
    artifact = Artifact(Path(), {"version": "0123456789ab", "files": {"a": "1", "b": "2"}})
    number = model_number(artifact)
    assert 0 <= number < 2**48
    assert number == int(artifact.reference["files"][:12], 16)
    moved = dataclasses.replace(artifact, path=Path("elsewhere"))
    assert model_number(moved) == number
    rebuilt = Artifact(Path(), {"version": "0123456789ab", "files": {"a": "1", "b": "3"}})
    assert model_number(rebuilt) != number
