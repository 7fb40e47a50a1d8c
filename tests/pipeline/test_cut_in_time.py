"""Preparation with cut-offs in time, beside the same worked out in plain Python."""

from __future__ import annotations

import dataclasses

import schemas.tf_runtime  # isort: skip  # noqa: F401  before TensorFlow

import pyarrow.parquet as pq
import pytest
import tensorflow as tf

from matinee import Stages
from schemas.artifacts import Artifact
from schemas.columns import FITS, REQUESTS
from tests.conftest import TINY

pytestmark = pytest.mark.slow

CONFIG = dataclasses.replace(TINY.prepare, split="global_time", requests_per_user=4, min_history=2)
SHARE = 0.1
"""Of the events, of test and of validation: the default."""

Event = tuple[str, float, int]


@pytest.fixture(scope="module")
def prepared(planted: Artifact, tmp_path_factory: pytest.TempPathFactory) -> Artifact:
    config = dataclasses.replace(TINY, prepare=CONFIG)
    return Stages(tmp_path_factory.mktemp("runs") / "cut_in_time", config).prepare(planted, [])


@pytest.fixture(scope="module")
def events(planted: Artifact) -> dict[str, list[Event]]:
    """Each user's events, sorted by time, ties as the file has them."""
    found: dict[str, list[Event]] = {}
    for line in (planted.path / "u.data").read_text().splitlines():
        user, item, rating, time = line.split("\t")
        found.setdefault(user, []).append((item, float(rating), int(time)))
    return {user: sorted(found[user], key=lambda event: event[2]) for user in sorted(found)}


@pytest.fixture(scope="module")
def cuts(events: dict[str, list[Event]]) -> tuple[int, int, int]:
    """Where validation, test and the future begin."""
    newest_first = sorted((event[2] for some in events.values() for event in some), reverse=True)
    validated, tested = (round(len(newest_first) * share) for share in (2 * SHARE, SHARE))
    return newest_first[validated - 1], newest_first[tested - 1], newest_first[0] + 1


def test_the_manifest_has_the_cut_offs(prepared: Artifact, cuts: tuple[int, int, int]) -> None:
    validation_from, test_from, end = cuts
    told = prepared.figures["split"]
    assert told["train"] == [None, validation_from] and told["fit"] == [None, test_from]
    assert told["validation"] == [validation_from, test_from] and told["test"] == [test_from, end]


@pytest.mark.parametrize("name", FITS)
def test_what_is_fitted_lies_before_the_cut(
    prepared: Artifact, events: dict[str, list[Event]], cuts: tuple[int, int, int], name: str
) -> None:
    cut = cuts[FITS.index(name)]
    expected = {u: [e[2] for e in some if e[2] < cut] for u, some in events.items()}
    found = {}
    paths = [str(path) for path in prepared.path.glob(f"{name}-*.tfrecord.gz")]
    for data in tf.data.TFRecordDataset(paths, "GZIP").as_numpy_iterator():
        record = tf.train.Example.FromString(data).features.feature
        user = record["user_id"].bytes_list.value[0].decode()
        found[user] = list(record["history_timestamp"].int64_list.value)
    assert found == {user: times for user, times in expected.items() if times}


@pytest.mark.parametrize("name", REQUESTS)
def test_what_is_asked_lies_in_its_interval(
    prepared: Artifact, events: dict[str, list[Event]], cuts: tuple[int, int, int], name: str
) -> None:
    start, end = cuts[REQUESTS.index(name) :][:2]
    expected = []
    for user, some in events.items():
        asked = [n for n, e in enumerate(some) if start <= e[2] < end and n >= CONFIG.min_history]
        expected += [(user, some[n], some[:n]) for n in asked[: CONFIG.requests_per_user]]
    columns = ("item_id", "rating", "timestamp")
    found = [
        (
            row["user_id"],
            tuple(row[f"target_{column}"] for column in columns),
            list(zip(*(row[f"history_{column}"] for column in columns), strict=True)),
        )
        for row in pq.read_table(prepared.path / f"{name}.parquet").to_pylist()
    ]
    assert len(expected) > 20
    assert found == expected
