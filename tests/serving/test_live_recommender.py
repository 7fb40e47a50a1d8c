"""A catalogue that changes while it is served, in this process."""

import dataclasses
import threading

import grpc
import numpy as np
import pytest

from schemas import recommender_pb2 as pb
from schemas.config import ServeConfig
from serving.catalogue_log.log import Edit
from serving.catalogue_log.sqlite import SqliteLog
from serving.deadline import Deadline
from serving.errors import RequestError
from serving.live_recommender import LiveRecommender
from serving.recommender import Recommender
from tests.serving.asking import ask, ids

FILM = {"title": ["A new film"], "genres": ["Drama"], "year": ["1990"]}
HORROR = pb.Condition(feature="genres", any_of=pb.FeatureValues(values=["Horror"]))


@pytest.fixture
def log(tmp_path):
    return SqliteLog(tmp_path / "catalogue.sqlite")


@pytest.fixture
def serve(bundle, log):
    """Function: a worker that goes by the log."""

    def start(served=bundle, config=None):
        return LiveRecommender(
            served, log, lambda state: Recommender(state, config or ServeConfig())
        )

    return start


@pytest.fixture
def live(serve):
    return serve()


def upsert(live, **items):
    request = pb.UpsertItemsRequest(
        items=[
            pb.Item(
                item_id=item_id,
                features={name: pb.FeatureValues(values=values) for name, values in film.items()},
            )
            for item_id, film in items.items()
        ]
    )
    answer = live.upsert_items(request, "test")
    return answer.added, answer.changed, answer.unchanged


def delete(live, *item_ids):
    answer = live.delete_items(pb.DeleteItemsRequest(item_ids=item_ids), "test")
    return answer.deleted, answer.unknown


def viewers(*users):
    return [pb.Viewer(user_id=user) for user in users]


def rank(live, who, item_ids, **fields):
    request = pb.RankRequest(viewers=who, item_ids=item_ids, **fields)
    return live.rank(request, "test").recommendations


def info(live):
    return live.model_info(pb.GetModelInfoRequest(), "test")


def similar(live, item_id, k=5):
    return live.similar_items(pb.SimilarItemsRequest(item_id=item_id, k=k), "test")


def watched(*item_ids):
    events = [pb.Event(item_id=item_id, rating=5) for item_id in item_ids]
    return pb.Viewer(anonymous=pb.AnonymousViewer(events=events))


def as_known(catalogue, item_id):
    """An item's features as an answer shows them."""
    return catalogue.features(catalogue.rows([item_id]))[0]


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


def test_all_workers_give_new_items_the_same_rows(serve, users):
    one, other = serve(), serve()
    upsert(one, b=FILM, a=FILM)
    upsert(other, c=FILM)
    delete(one, "a")
    upsert(other, d=FILM, a=FILM | {"year": ["1991"]})
    upsert(one, b=FILM | {"year": ["1992"]})
    delete(one, "d")
    late = serve()
    names = ["b", "a", "c", "d"]
    for worker in (one, other, late):
        worker.refresh()
        catalogue = worker._bundle.catalogue
        first = int(catalogue.known_rows(["b"])[0])
        assert (catalogue.known_rows(names) - first).tolist() == [0, 1, 2, 3]
        assert catalogue.item_ids == worker._bundle.retriever.item_ids
        assert (catalogue.rows(names) >= 0).tolist() == [True, True, True, False]
    answers = [ask(worker, viewers(users[0]), k=20) for worker in (one, other, late)]
    assert ids(answers[0]) == ids(answers[1]) == ids(answers[2])


def test_a_page_token_is_understood_by_a_worker_that_is_behind(serve, users):
    one, other = serve(), serve()
    upsert(one, new=FILM)
    fields = {"k": 1, "allow_item_ids": ["new", *one._bundle.catalogue.item_ids[:50]]}
    token, found = "", []
    while "new" not in found:
        page = ask(one, viewers(users[0]), page_token=token, **fields)
        found, token = found + ids(page), page.next_page_token
    if token:
        assert not set(ids(ask(other, viewers(users[0]), page_token=token, **fields))) & set(found)
    assert info(other).changes.added == (1 if token else 0)


def test_another_worker_sees_it_when_it_looks(serve, users):
    one, other = serve(), serve()
    upsert(one, new=FILM)
    assert info(other).changes.added == 0
    other.refresh()
    assert ids(ask(other, viewers(users[0]), allow_item_ids=["new"])) == ["new"]


def test_what_another_process_wrote_in_between_comes_first(live, log, monkeypatch):
    write = log.write

    def after_another(edits):
        monkeypatch.setattr(log, "write", write)
        write([Edit("other", {"title": "of another process", "genres": ["Horror"]})])
        return write(edits)

    monkeypatch.setattr(log, "write", after_another)
    assert upsert(live, new=FILM) == (1, 0, 0)
    catalogue = live._bundle.catalogue
    assert (catalogue.rows(["other", "new"]) - catalogue.rows(["other"])).tolist() == [0, 1]
    assert live._bundle.log_number == 2
    # Each has its own vector, though for a moment the new item was to have the row of the other.
    rows = catalogue.rows(["other", "new"])
    encode = live._bundle.encoder.items._encoded
    np.testing.assert_allclose(live._bundle.retriever.vectors(rows), encode(rows), atol=1e-6)


def test_a_restart_and_other_models_find_the_changes(serve, bundle, users):
    first = serve()
    upsert(first, new=FILM)
    delete(first, bundle.catalogue.item_ids[0])
    restarted = serve(dataclasses.replace(bundle))
    assert ids(ask(restarted, viewers(users[0]), allow_item_ids=["new"])) == ["new"]
    assert restarted._bundle.catalogue.rows(bundle.catalogue.item_ids[:1]).tolist() == [-1]


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


def test_searched_under_concurrent_changes(live, users):
    """Every score is that of a vector which the item had while the search ran."""
    films = [FILM | {"year": [str(1930 + 10 * n)]} for n in range(8)]
    upsert(live, **{f"film{n}": film for n, film in enumerate(films)})
    state = live._bundle
    rows = state.catalogue.rows([f"film{n}" for n in range(8)])
    of_film = state.retriever.vectors(rows)
    assert len(np.unique(of_film.round(4), axis=0)) > 4
    as_built = state.retriever.index.vectors
    dim = as_built.shape[1]
    # Version v of an item is film v % 8; odd versions are deletions. `begun` counts up before a
    # change and `ended` after it, so that at any moment the version is one of ended ... begun.
    items = [f"new{n}" for n in range(12)]
    number = {item_id: n for n, item_id in enumerate(items)}
    begun, ended = np.ones(12, int), np.ones(12, int)  # not there yet
    failures, checked, stop = [], [], threading.Event()

    def write(numbers):
        for _ in range(20):
            for n in numbers:
                begun[n] += 1
                if begun[n] % 2:
                    delete(live, items[n])
                else:
                    upsert(live, **{items[n]: films[begun[n] % 8]})
                ended[n] += 1

    def read(seed):
        random = np.random.default_rng(seed)
        while not stop.is_set():
            query = random.normal(size=(1, dim)).astype(np.float32)
            first, retriever = ended.copy(), live._bundle.retriever
            hits = retriever.search(query, len(retriever), [np.zeros(0, np.int64)])
            last, ids_of = begun.copy(), retriever.item_ids
            rows, scores = hits.rows[0][hits.valid[0]], hits.scores[0][hits.valid[0]]
            assert len(np.unique(rows)) == len(rows)
            built = rows < len(as_built)
            np.testing.assert_allclose(scores[built], as_built[rows[built]] @ query[0], atol=1e-4)
            for row, score in zip(rows[~built], scores[~built], strict=True):
                n = number.get(ids_of[row])
                if n is not None:
                    versions = [v for v in range(first[n], last[n] + 1) if v % 2 == 0]
                    possible = [of_film[v % 8] @ query[0] for v in versions]
                    assert np.isclose(score, possible, atol=1e-4).any()
                    checked.append(n)

    def ask_on():
        while not stop.is_set():
            found = ids(ask(live, viewers(users[0]), k=20))
            assert len(set(found)) == 20

    def guarded(work, *arguments):
        try:
            work(*arguments)
        except BaseException as error:
            failures.append(error)
            raise

    readers = [(read, 1), (read, 2), (ask_on,)]
    writers = [(write, range(6)), (write, range(6, 12))]
    threads = [threading.Thread(target=guarded, args=work) for work in (*readers, *writers)]
    for thread in threads:
        thread.start()
    for thread in threads[len(readers) :]:
        thread.join()
    stop.set()
    for thread in threads:
        thread.join()
    assert not failures, failures[:3]
    assert ended.tolist() == [21] * 12
    assert len(set(checked)) == 12


def test_a_change_waits_for_another_no_longer_than_its_client(live, log):
    with live._writing, pytest.raises(RequestError, match="deadline has passed"):
        Deadline(0.05).run(lambda: upsert(live, new=FILM))
    assert log.last() == 0
    assert Deadline(60).run(lambda: upsert(live, new=FILM)) == (1, 0, 0)


def test_a_worker_starts_though_every_item_is_deleted(live, serve, bundle):
    delete(live, *bundle.catalogue.item_ids)
    again = serve()
    again.warm_up()
    assert info(again).items == 0
