"""Training on several machines, which are here processes that find each other by TF_CONFIG."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from contextlib import ExitStack
from pathlib import Path

import numpy as np
import pytest

import schemas.tf_runtime  # noqa: F401  (before TensorFlow)

# isort: split
import tensorflow as tf

from schemas.artifacts import ROOT, Artifact, open_artifact
from tests.towers.training.test_resume import CONFIG
from towers.training.devices import training_scope

WORKER = """
import json, sys
from dataclasses import replace
from pathlib import Path
import numpy as np
from schemas.artifacts import open_artifact
from tests.towers.training.test_resume import CONFIG, Killed, run
from towers.training.devices import training_scope
prepared, out, killed_at, changes = sys.argv[1:]
config = replace(CONFIG, **json.loads(changes))
with training_scope(config.devices, config.precision, config.batch_size):
    try:
        model, lines = run(open_artifact(Path(prepared)), Path(out), config, int(killed_at))
    except Killed:
        sys.exit(9)
np.save(Path(out) / "vectors.npy", model.catalogue_vectors())
print(json.dumps(lines))
"""
WHOLE_STAGE = """
import sys
from dataclasses import replace
from pathlib import Path
from schemas.artifacts import build, open_artifact
from tests.towers.training.test_resume import CONFIG
from towers.train import train
prepared, run = open_artifact(Path(sys.argv[1])), Path(sys.argv[2])
config = replace(CONFIG, devices="workers", epochs=2, final_epochs=1)
def write(out):
    return train(prepared, config, out, lambda *_: None)
build(run / "retrieval", "retrieval", config, {"prepared": prepared}, ["towers"], write)
"""
NO_DROPOUT = {"dropout": 0.0, "item_id_dropout": 0.0}
NEVER = -1


def run_workers(
    prepared: Artifact, directories: list[Path], killed_at: int = NEVER, **changes: object
) -> list[tuple[int, str, str]]:
    """Exit status, output and errors of each worker that fits."""
    if len(directories) > 1:
        changes |= {"devices": "workers"}
    after = [str(killed_at), json.dumps(changes)]
    return started_together(WORKER, [[str(prepared.path), str(d), *after] for d in directories])


def started_together(code: str, arguments: list[list[str]]) -> list[tuple[int, str, str]]:
    """Exit status, output and errors of the workers of one cluster, each with its arguments."""
    with ExitStack() as stack:
        sockets = [stack.enter_context(socket.socket()) for _ in arguments]
        for one in sockets:
            one.bind(("127.0.0.1", 0))
        addresses = [f"127.0.0.1:{one.getsockname()[1]}" for one in sockets]
    started = []
    for index, own in enumerate(arguments):
        cluster = {
            "cluster": {"worker": addresses},
            "task": {"type": "worker", "index": index},
        }
        started.append(
            subprocess.Popen(
                [sys.executable, "-c", code, *own],
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                text=True,
                cwd=ROOT,
                env=os.environ | {"TF_CONFIG": json.dumps(cluster)},
            )
        )
    read = [process.communicate(timeout=300) for process in started]
    return [(p.returncode, *text) for p, text in zip(started, read, strict=True)]


def lines_of(done: tuple[int, str, str]) -> list[dict[str, float]]:
    status, output, errors = done
    assert status == 0, errors[-2_000:]
    return json.loads(output.splitlines()[-1])


@pytest.mark.slow
def test_two_workers_learn_as_one_and_alike(prepared: Artifact, tmp_path: Path) -> None:
    one, *_ = run_workers(prepared, [tmp_path / "one"], **NO_DROPOUT)
    together = run_workers(prepared, [tmp_path / "first", tmp_path / "second"], **NO_DROPOUT)
    for worker in together:
        for name in ("loss", "ndcg@10"):
            got, wanted = ([line[name] for line in lines_of(done)] for done in (worker, one))
            np.testing.assert_allclose(got, wanted, atol=1e-3)
    first, second = (np.load(tmp_path / name / "vectors.npy") for name in ("first", "second"))
    np.testing.assert_array_equal(first, second)


@pytest.mark.slow
def test_killed_workers_go_on_from_the_first_ones_state(prepared: Artifact, tmp_path: Path) -> None:
    unbroken, *_ = run_workers(prepared, [tmp_path / "a", tmp_path / "b"])
    killed = run_workers(prepared, [tmp_path / "first", tmp_path / "second"], killed_at=7)
    assert 0 not in [status for status, *_ in killed]
    (tmp_path / "second" / "fit.npz").write_bytes(b"left by a kill at another step")
    for done in run_workers(prepared, [tmp_path / "first", tmp_path / "second"]):
        for name in ("loss", "ndcg@10"):
            got, wanted = ([line[name] for line in lines_of(one)] for one in (done, unbroken))
            np.testing.assert_allclose(got, wanted, atol=1e-4)


@pytest.mark.slow
def test_the_whole_stage_ends_with_the_same_artefact(prepared: Artifact, tmp_path: Path) -> None:
    runs = [tmp_path / "first", tmp_path / "second"]
    for status, _, errors in started_together(
        WHOLE_STAGE, [[str(prepared.path), str(run)] for run in runs]
    ):
        assert status == 0, errors[-2_000:]
    first, second = (open_artifact(run / "retrieval") for run in runs)
    assert first.version == second.version
    for name in ("item_vectors.npy", "candidate_vectors.npy", "query_vectors.npy"):
        vectors = np.load(first.path / name)
        np.testing.assert_array_equal(vectors, np.load(second.path / name))
        assert np.isfinite(vectors).all()
    # Read where there is one device and no cluster.
    encode = tf.saved_model.load(str(second.path / "model")).signatures["encode_items"]
    assert encode.structured_outputs["item_vector"].shape[-1] == CONFIG.embedding_dim


def test_workers_without_addresses_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("TF_CONFIG", raising=False)
    with (
        pytest.raises(ValueError, match=r"TF_CONFIG: expected the addresses .* got no cluster"),
        training_scope("workers", CONFIG.precision, CONFIG.batch_size),
    ):
        pass
