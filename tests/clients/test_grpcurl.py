"""grpcurl, which knows the service by reflection alone, makes every call."""

import json

import pytest

from benchmarks.fuzzing.calls import SERVICE
from tests.serving.conftest import running_server
from tests.serving.test_server import grpcurl


@pytest.fixture(scope="module")
def target(run_dir, tmp_path_factory):
    state = tmp_path_factory.mktemp("state")
    options = ["--catalogue", f"sqlite:{state}/catalogue", "--profiles", f"sqlite:{state}/events"]
    with running_server(run_dir, state / "log", *options) as server:
        yield server.target


def test_every_call(target, users, bundle):
    viewers, item_id = [{"user_id": users[0]}], bundle.catalogue.item_ids[0]
    film = {"item_id": "curled", "features": {"title": {"values": ["A film"]}}}
    events = [{"event_id": f"e{n}", "user_id": "curl", "item_id": item_id} for n in range(2)]
    # In this order: what is upserted is then asked for, and deleted in the end. Of each call what
    # must be in its answer.
    calls = {
        "GetModelInfo": ([{}], {"items": len(bundle.catalogue)}),
        "UpsertItems": ([{"items": [film]}], {"added": 1}),
        "Recommend": ([{"viewers": viewers, "k": 1}], {"objective": "WATCH_NEXT"}),
        "Rank": (
            [{"viewers": viewers, "item_ids": ["curled", "nothing"]}],
            {"unknown_item_ids": ["nothing"]},
        ),
        "SimilarItems": ([{"item_id": "curled", "k": 2}], {}),
        "RecordEvents": (events, {"recorded": 2}),
        "DeleteItems": ([{"item_ids": ["curled"]}], {"deleted": 1}),
    }
    assert set(calls) == {method.name for method in SERVICE.methods}
    for name, (messages, expected) in calls.items():
        data = "\n".join(map(json.dumps, messages))
        done = grpcurl("-d", data, target, f"{SERVICE.full_name}/{name}")
        assert done.returncode == 0, f"{name}: {done.stderr}"
        answer = json.loads(done.stdout)
        assert expected.items() <= answer.items(), name
        assert name == "GetModelInfo" or len(answer["request_id"]) == 32
