"""Writers are killed ten times on one store: nothing acknowledged is lost."""

from __future__ import annotations

import numpy as np
import pytest

from benchmarks import killed_writers
from benchmarks.killed_writers import BATCH, batch, kill_writers
from serving.event_store.choose import open_store
from tests.redis_server import DURABLE, RedisServer, needs_redis

TRIES = 10


@pytest.fixture(params=["sqlite", pytest.param("redis", marks=needs_redis)])
def profiles(request, tmp_path):
    if request.param == "sqlite":
        yield f"sqlite:{tmp_path / 'events.sqlite'}"
        return
    server = RedisServer(tmp_path, *DURABLE)
    server.start()
    yield server.url
    server.kill()


@pytest.mark.slow
def test_a_kill_loses_nothing_acknowledged(profiles, tmp_path):
    seconds = np.random.default_rng(1).uniform(0.01, 0.3, TRIES).tolist()
    losses = [
        kill_writers(profiles, tmp_path, f"try{number}", after)
        for number, after in enumerate(seconds)
    ]
    assert sum(loss.acknowledged for loss in losses) > TRIES
    assert [(loss.lost, loss.torn) for loss in losses] == [(0, 0)] * TRIES
    # Each of the writers had at most one batch at hand.
    assert all(loss.unasked <= killed_writers.WRITERS for loss in losses)


def test_a_loss_would_be_seen(tmp_path):
    store = open_store(f"sqlite:{tmp_path / 'events.sqlite'}", tmp_path)
    whole, torn = batch("w", 0), batch("w", 1)
    store.append(whole)
    store.append(
        killed_writers.Events(
            *(values[: BATCH - 1] for values in (torn.event_ids, torn.user_ids, torn.item_ids)),
            torn.ratings[: BATCH - 1],
            torn.timestamps[: BATCH - 1],
        )
    )
    # It said three: the second is torn, the third is not there.
    loss = killed_writers._loss(store, "w", 3)
    assert (loss.acknowledged, loss.lost, loss.torn, loss.unasked) == (3, 2, 1, 0)
    store.append(batch("v", 0))
    assert killed_writers._loss(store, "v", 0).unasked == 1
