"""Whether two prepared directories hold the same, however their records were spread over files."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path

import schemas.tf_runtime  # isort: skip  # noqa: F401  before TensorFlow

import pandas as pd
import pyarrow.parquet as pq
import tensorflow as tf

from schemas.artifacts import MANIFEST

RECORDS = ".tfrecord.gz"
SHARD = re.compile(r"-\d{5}-of-\d{5}(?=\.)")
NOT_REPRODUCIBLE = ("saved_model.pb", "fingerprint.pb", "variables.")
"""Of a SavedModel: the graph's node names vary from run to run, so it is compared by what it did to
the records. The files have to be there."""


def differences(expected: Path, found: Path) -> list[str]:
    """What differs between two prepared directories, decoded and sorted; empty if nothing does.

    Tables, vocabularies, rejects, card, schema and the manifest's figures are compared as they
    stand; transformed records are decoded and sorted, since no runner promises their order. Numbers
    are equal if their bits are.
    """
    names, others = _contents(expected), _contents(found)
    differing = [f"{name}: only in {expected}" for name in sorted(names.keys() - others.keys())]
    differing += [f"{name}: only in {found}" for name in sorted(others.keys() - names.keys())]
    for name in sorted(names.keys() & others.keys()):
        differing += [f"{name}: {text}" for text in _compare(name, names[name], others[name])]
    return differing


def _contents(directory: Path) -> dict[str, list[Path]]:
    """Files by relative name, the shards of one set of records under one name."""
    contents: dict[str, list[Path]] = {}
    for path in sorted(path for path in directory.rglob("*") if path.is_file()):
        name = str(path.relative_to(directory))
        if name.endswith(RECORDS):
            name = SHARD.sub("", name)
        contents.setdefault(name, []).append(path)
    return contents


def _compare(name: str, expected: list[Path], found: list[Path]) -> Iterator[str]:
    if name.endswith(RECORDS):
        yield from _first_difference(_records(expected), _records(found))
    elif name.endswith(".parquet"):
        try:
            pd.testing.assert_frame_equal(
                *(pq.read_table(paths[0]).to_pandas() for paths in (expected, found)),
                check_exact=True,
            )
        except AssertionError as error:
            yield str(error)
    elif name == MANIFEST:
        yield from _first_difference(*(_figures(paths[0]) for paths in (expected, found)))
    elif not any(Path(name).name.startswith(prefix) for prefix in NOT_REPRODUCIBLE):
        yield from _first_difference(
            *(paths[0].read_text().splitlines() for paths in (expected, found))
        )


def _first_difference(expected: list[str], found: list[str]) -> Iterator[str]:
    for number, (one, other) in enumerate(zip(expected, found, strict=False)):
        if one != other:
            yield f"row {number}: expected {one[:500]}, got {other[:500]}"
            break
    if len(expected) != len(found):
        yield f"expected {len(expected)} rows, got {len(found)}"


def _records(paths: list[Path]) -> list[str]:
    """Decoded examples as sorted text; repr of a float is exact, and NaN equals NaN."""
    dataset = tf.data.TFRecordDataset([str(path) for path in paths], "GZIP")
    examples = map(tf.train.Example.FromString, dataset.as_numpy_iterator())
    return sorted(repr(dict(sorted(_values(example)))) for example in examples)


def _values(example: tf.train.Example) -> Iterator[tuple[str, list[object] | None]]:
    for name, feature in example.features.feature.items():
        kind = feature.WhichOneof("kind")
        yield name, list(getattr(feature, kind).value) if kind else None


def _figures(path: Path) -> list[str]:
    return json.dumps(json.loads(path.read_text())["figures"], indent=1).splitlines()
