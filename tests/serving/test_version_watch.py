import asyncio

import pytest

from benchmarks.built_again import build_again, point_latest, served_copy
from serving.run_versions import latest_versions
from serving.version_watch import VersionWatch

NONE = 0.3
"""Seconds in which a watch that looks every hundredth finds what there is."""


@pytest.fixture
def run(run_dir, tmp_path):
    return served_copy(run_dir, tmp_path / "run")


def rebuilt(run, version):
    """A new index, made the latest."""
    build_again(run, version, ["index"])
    point_latest(run, "index", version)


def watching(run, seconds, steps):
    """What each step finds: names of the index, None if nothing is found in time."""

    async def watch():
        watch = VersionWatch(run, latest_versions(run), seconds)
        found = watch.found()
        waiting = None
        told = []
        for step in steps:
            step(watch)
            waiting = waiting or asyncio.ensure_future(anext(found))
            done, _ = await asyncio.wait([waiting], timeout=10 if step.finds else NONE)
            told.append(waiting.result() if done else None)
            waiting = None if done else waiting
        if waiting:
            waiting.cancel()
        return [each and each.names["index"] for each in told]

    return asyncio.run(watch())


def step(finds, work=lambda watch: None):
    def run(watch):
        work(watch)

    run.finds = finds
    return run


def test_new_versions_are_found_once(run):
    steps = [
        step(False),
        step(True, lambda _: rebuilt(run, "a")),
        step(False),
        step(True, lambda _: rebuilt(run, "b")),
    ]
    assert watching(run, 0.01, steps) == [None, "a", None, "b"]


def test_after_half_a_reload_any_versions_are_found(run):
    (first,) = {latest_versions(run).names["index"]}
    steps = [
        step(True, lambda _: rebuilt(run, "a")),
        step(False, lambda watch: watch.serves(None)),
        step(True, lambda _: point_latest(run, "index", first)),
        step(True, lambda watch: watch.look_now()),
    ]
    assert watching(run, 0.01, steps) == ["a", None, first, first]


def test_what_does_not_belong_together_is_nothing_new_yet(run, caplog):
    caplog.set_level("INFO")

    def retrieval_first(_):
        build_again(run, "c")
        point_latest(run, "retrieval", "c")

    def then_the_rest(_):
        point_latest(run, "index", "c")
        point_latest(run, "ranking", "c")

    steps = [step(False, retrieval_first), step(True, then_the_rest)]
    assert watching(run, 0.01, steps) == [None, "c"]
    # Said once, not at every look.
    assert caplog.text.count("no new versions yet") in (1, 2)


def test_refused_versions_are_tried_again_when_asked(run):
    first = latest_versions(run).names["index"]

    def back(_):
        point_latest(run, "index", first)

    def accepted(watch):
        watch.serves(latest_versions(run))
        watch.look_now()

    steps = [
        step(True, lambda _: rebuilt(run, "a")),
        step(True, lambda watch: watch.look_now()),
        step(False, back),  # what is served is nothing new
        step(True, lambda _: point_latest(run, "index", "a")),
        step(False, accepted),
    ]
    assert watching(run, 0.01, steps) == ["a", "a", None, "a", None]


def test_a_watch_that_looks_only_when_told(run):
    steps = [
        step(False, lambda _: rebuilt(run, "a")),
        step(True, lambda watch: watch.look_now()),
    ]
    assert watching(run, 0, steps) == [None, "a"]
