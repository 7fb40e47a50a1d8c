"""Node, which knows the service by reflection alone."""

import json
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.serving.conftest import running_server

SOURCES = Path(__file__).with_name("grpc_js")
INSTALL = ["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund"]

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(
        shutil.which("npm") is None, reason="npm is not there: Node 20 or later brings it"
    ),
]


@pytest.fixture(scope="module")
def client(tmp_path_factory):
    """A directory with the client and the packages of its lock file."""
    directory = tmp_path_factory.mktemp("node") / "client"
    shutil.copytree(SOURCES, directory, ignore=shutil.ignore_patterns("node_modules"))
    done = subprocess.run(
        INSTALL, cwd=directory, capture_output=True, text=True, timeout=600, check=False
    )
    if done.returncode:
        pytest.skip(f"npm cannot install grpc-js here: {done.stderr.strip()[-300:]}")
    return directory


def test_every_call_from_node(client, run_dir, tmp_path, users, bundle):
    state = [
        "--catalogue",
        f"sqlite:{tmp_path}/catalogue",
        "--profiles",
        f"sqlite:{tmp_path}/events",
    ]
    item_id = bundle.catalogue.item_ids[0]
    with running_server(run_dir, tmp_path / "log", *state) as server:
        done = subprocess.run(
            ["node", "every_call.mjs", server.target, users[0], item_id],
            cwd=client,
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )
    assert done.returncode == 0, done.stderr
    answers = json.loads(done.stdout)
    assert answers["GetModelInfo"]["items"] == len(bundle.catalogue)
    assert answers["UpsertItems"]["added"] == 1
    assert len(answers["Recommend"]["recommendations"]) == 3
    assert answers["Recommend"]["objective"] == "BLEND"
    assert answers["Recommend"]["recommendations"][0]["reasons"]
    ranked = answers["Rank"]["recommendations"]
    assert {each["item"]["item_id"] for each in ranked} == {item_id, "from-node"}
    assert len(answers["SimilarItems"]["items"]) == 3
    assert answers["RecordEvents"]["recorded"] == 2
    assert answers["DeleteItems"]["deleted"] == 1
