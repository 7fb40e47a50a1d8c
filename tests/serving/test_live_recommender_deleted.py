"""Items that are deleted from a catalogue while it is served."""

import pytest
from prometheus_client import CollectorRegistry

from schemas import recommender_pb2 as pb
from schemas.config import ServeConfig
from serving.errors import RequestError
from serving.event_store.sqlite import SqliteEvents
from serving.live_recommender import LiveRecommender
from serving.metrics import CountedEvents, Metrics
from serving.recommender import Recommender
from serving.recording import Tally
from tests.serving.asking import ask, ids
from tests.serving.changing import (
    FILM,
    as_known,
    delete,
    info,
    rank,
    similar,
    upsert,
    viewers,
    watched,
)


def test_a_deleted_item_is_nowhere_but_in_histories(live, bundle, users):
    who = viewers(users[0])
    best = ids(ask(live, who, k=3))
    assert delete(live, best[0]) == (1, 0)
    found = ask(live, who, k=150)
    assert best[0] not in ids(found)
    assert f"the catalogue holds {len(bundle.catalogue) - 1}," in found.notes[0]
    assert info(live).items == len(bundle.catalogue) - 1
    with pytest.raises(RequestError, match="is not in the catalogue"):
        similar(live, best[0])
    request = pb.RankRequest(viewers=who, item_ids=best)
    assert list(live.rank(request, "test").unknown_item_ids) == best[:1]
    # It was watched all the same.
    told = ask(live, [watched(best[1], best[0])], k=3, explain=True, explain_events=2)
    for one in told.recommendations:
        assert {reason.item.item_id for reason in one.reasons} == {best[1], best[0]}


def test_histories_with_a_deleted_new_item_are_read_as_before(live, bundle):
    upsert(live, new=as_known(bundle.catalogue, bundle.catalogue.item_ids[0]))
    who = [watched(bundle.catalogue.item_ids[1], "new")]
    before = ask(live, who)
    delete(live, "new")
    after = ask(live, who)
    assert ids(after) == ids(before)
    assert [r.scores.score for r in after.recommendations] == pytest.approx(
        [r.scores.score for r in before.recommendations], rel=1e-5
    )


def test_a_deleted_item_comes_back(live, bundle, users):
    best = ids(ask(live, viewers(users[0]), k=1))[0]
    known = as_known(bundle.catalogue, best)
    delete(live, best)
    assert upsert(live, **{best: known}) == (1, 0, 0)
    found = ask(live, viewers(users[0]), k=1)
    assert ids(found) == [best]
    assert found.recommendations[0].source == pb.PERSONAL
    assert info(live).changes == pb.CatalogueChanges()


def test_every_item_deleted(live, bundle, users):
    for at in range(0, len(bundle.catalogue), 100):
        delete(live, *bundle.catalogue.item_ids[at : at + 100])
    for who in (viewers(users[0]), viewers(*users[:2]), [pb.Viewer(user_id="nobody")]):
        found = ask(live, who, k=5)
        assert ids(found) == []
        assert found.next_page_token == ""
        assert "0 items instead of 5: the catalogue holds 0, 0 of them seen" in found.notes[-1]
        assert rank(live, who, bundle.catalogue.item_ids[:3]) == []
    with pytest.raises(RequestError, match="is not in the catalogue"):
        similar(live, bundle.catalogue.item_ids[0])
    assert info(live).items == 0
    live.warm_up()
    # The first item of a new catalogue is all there is.
    upsert(live, new=FILM)
    assert ids(ask(live, viewers(users[0]), k=5)) == ["new"]
    assert [i.item.item_id for i in similar(live, "new").items] == []


def test_pages_with_new_and_deleted_items_hold_each_once(serve, bundle, users):
    live = serve(config=ServeConfig(max_shown=30))
    upsert(live, **{f"new{n}": FILM | {"year": [str(1950 + n)]} for n in range(7)})
    gone = bundle.catalogue.item_ids[10:15]
    delete(live, *gone, "new3")
    found, token = [], ""
    while token or not found:
        fields = {"seen_policy": pb.INCLUDE_SEEN, "page_token": token}
        page = ask(live, viewers(users[0]), k=13, **fields)
        found += ids(page)
        token = page.next_page_token
    expected = {*bundle.catalogue.item_ids, *(f"new{n}" for n in range(7))} - {*gone, "new3"}
    assert len(found) == len(expected)
    assert set(found) == expected


def test_a_worker_starts_though_every_item_is_deleted(live, serve, bundle):
    delete(live, *bundle.catalogue.item_ids)
    again = serve()
    again.warm_up()
    assert info(again).items == 0


def test_events_of_a_deleted_item_can_be_sent_again(bundle, log, tmp_path):
    store = CountedEvents(SqliteEvents(tmp_path / "events.sqlite"), Metrics(CollectorRegistry()))
    live = LiveRecommender(bundle, log, lambda state: Recommender(state, ServeConfig(), store))
    item_id = bundle.catalogue.item_ids[0]
    one, other = (
        pb.RecordEventsRequest(event_id=event_id, user_id="u", item_id=item_id)
        for event_id in ("e1", "e2")
    )
    assert live.record_events([one], Tally()) == Tally(recorded=1)
    delete(live, item_id)
    assert live.record_events([one], Tally()) == Tally(known=1)
    with pytest.raises(RequestError, match=r"events\[0\]\.item_id: expected an item of the"):
        live.record_events([other], Tally())


def test_a_condition_that_deleted_items_alone_meet_is_met_by_none(live):
    upsert(live, new={"genres": ["Silent"]})
    silent = pb.Condition(feature="genres", any_of=pb.FeatureValues(values=["Silent"]))
    note = "conditions[0]: no item of the catalogue meets it; genres is compared as it is written"
    who = viewers("nobody")
    assert f"{note} there" not in ask(live, who, conditions=[silent]).notes
    delete(live, "new")
    assert f"{note} there" in ask(live, who, conditions=[silent]).notes
