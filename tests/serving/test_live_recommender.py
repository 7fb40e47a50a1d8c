"""New and changed items of a catalogue that is served."""

import grpc
import numpy as np
import pytest

from schemas import recommender_pb2 as pb
from serving.errors import RequestError
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


def test_a_new_item_is_found_ranked_filtered_and_shown(live, bundle, users):
    before = info(live)
    assert upsert(live, new=FILM | {"year": ["1995.5"]}) == (1, 0, 0)
    found = ask(live, viewers(users[0]), allow_item_ids=["new"])
    (one,) = found.recommendations
    assert one.source == pb.NEW_ITEM
    assert {name: list(v.values) for name, v in one.item.features.items()} == {
        "title": ["A new film"],
        "genres": ["Drama"],
        "year": ["1995.5"],
    }
    assert one.scores.HasField("retrieval")
    assert len(one.scores.viewer_ratings) == 1
    of_1995 = pb.Condition(feature="year", range=pb.Range(least=1995.25, most=1995.75))
    assert ids(ask(live, viewers(users[0]), conditions=[of_1995])) == ["new"]
    (ranked,) = rank(live, viewers(users[0]), ["new"])
    assert (ranked.item.item_id, ranked.source) == ("new", pb.GIVEN)
    assert len(similar(live, "new").items) == 5
    assert info(live).items == before.items + 1
    assert info(live).changes.added == 1
    # What was opened is as it was.
    assert bundle.catalogue.rows(["new"]).tolist() == [-1]


def test_an_item_like_another_is_as_near_to_it_as_the_models_make_it(live, bundle):
    item_id = bundle.catalogue.item_ids[3]
    upsert(live, twin=as_known(bundle.catalogue, item_id))
    # The retrieval model itself says how alike the two are; every item is a candidate.
    everything = similar(live, item_id, k=len(bundle.catalogue))
    scores = {each.item.item_id: each.score for each in everything.items}
    request = {
        name: np.array(values)
        for name, values in live._bundle.catalogue.model_inputs(
            live._bundle.catalogue.rows(["twin"])
        ).items()
    }
    width = bundle.retriever.index.vectors.shape[1]
    encode = bundle.encoder.items._encode
    vector = encode(request, {"item_vector": (1, width)})["item_vector"][0]
    built = bundle.retriever.vectors(bundle.catalogue.rows([item_id]))[0]
    assert scores["twin"] == pytest.approx(float(vector @ built), abs=1e-5)


def test_scores_by_vectors_are_those_that_the_models_look_up(live, bundle, users):
    """A change far away makes no difference, though by now other signatures are called."""
    who, some = viewers(*users[:2]), bundle.catalogue.item_ids[:6]
    plain = {r.item.item_id: r.scores for r in rank(live, who, some)}
    upsert(live, new=FILM)
    mixed = {r.item.item_id: r.scores for r in rank(live, who, [*some, "new"])}
    for item_id in some:
        assert mixed[item_id].joint_rating == pytest.approx(plain[item_id].joint_rating, abs=1e-4)
        assert mixed[item_id].retrieval == pytest.approx(plain[item_id].retrieval, abs=1e-4)


def test_what_was_watched_of_a_new_item_counts(live, bundle):
    upsert(live, new=as_known(bundle.catalogue, bundle.catalogue.item_ids[0]))
    old = bundle.catalogue.item_ids[1]
    one, other = ask(live, [watched(old)]), ask(live, [watched(old, "new")])
    assert "new" not in ids(other)
    scores = [[r.scores.retrieval for r in answer.recommendations] for answer in (one, other)]
    assert not np.allclose(scores[0], scores[1])
    assert len(other.recommendations) == 10


def test_a_changed_item_is_another_for_searches_and_filters(live, bundle, users):
    item_id = bundle.catalogue.item_ids[5]
    known = as_known(bundle.catalogue, item_id)
    genre = "Horror" if "Horror" not in known.get("genres", []) else "Western"
    condition = pb.Condition(feature="genres", any_of=pb.FeatureValues(values=[genre]))
    fields = {"k": 150, "seen_policy": pb.INCLUDE_SEEN, "conditions": [condition]}
    assert item_id not in ids(ask(live, viewers(users[0]), **fields))
    before = similar(live, bundle.catalogue.item_ids[0], k=150)
    assert upsert(live, **{item_id: known | {"genres": [genre]}}) == (0, 1, 0)
    found = ask(live, viewers(users[0]), **fields)
    assert item_id in ids(found)
    assert {r.source for r in found.recommendations} == {pb.PERSONAL}
    after = similar(live, bundle.catalogue.item_ids[0], k=150)
    score = {i.item.item_id: i.score for i in before.items}[item_id]
    assert {i.item.item_id: i.score for i in after.items}[item_id] != pytest.approx(score, abs=1e-4)
    changes = info(live).changes
    assert (changes.added, changes.changed, changes.deleted) == (0, 1, 0)


def test_what_is_as_it_was_changes_nothing(live, bundle, log):
    item_id = bundle.catalogue.item_ids[5]
    assert upsert(live, **{item_id: as_known(bundle.catalogue, item_id)}) == (0, 0, 1)
    assert log.last() == 0
    assert upsert(live, new=FILM) == (1, 0, 0)
    assert upsert(live, new=FILM) == (0, 0, 1)
    assert upsert(live, new=FILM, newer=FILM) == (1, 0, 1)
    assert delete(live, "new", "no such item") == (1, 1)
    assert delete(live, "new") == (0, 1)
    assert log.last() == 3


def test_nothing_is_written_that_the_models_cannot_take(live, log, bundle, monkeypatch):
    def fails(*_):
        raise RequestError(grpc.StatusCode.UNAVAILABLE, "gone")

    monkeypatch.setattr(type(bundle.encoder.items), "_encoded", fails)
    with pytest.raises(RequestError, match="gone"):
        upsert(live, new=FILM)
    assert log.last() == 0
    assert info(live).changes.added == 0


def test_the_share_of_changes_that_asks_for_a_rebuild(live, bundle):
    # rebuild_share is .01, so of 150 items the second change passes it.
    assert not info(live).changes.needs_rebuild
    upsert(live, new=FILM)
    assert not info(live).changes.needs_rebuild
    upsert(live, newer=FILM)
    assert info(live).changes.needs_rebuild
