"""What users of two-stage systems stumble over, one test each."""

import dataclasses
import shutil
from dataclasses import dataclass

import numpy as np
import pyarrow.parquet as pq
import pytest

from schemas import recommender_pb2 as pb
from schemas.config import IndexConfig, ServeConfig
from serving.bundle import open_bundle
from serving.errors import RequestError
from serving.recommender import Recommender
from serving.retriever import Retriever
from tests.serving.build import copied_run, make_index
from tests.serving.test_recommender import ask, ids, known


@pytest.fixture
def run(run_dir, tmp_path):
    return copied_run(run_dir, tmp_path)


def test_an_unknown_user(recommender):
    found = ask(recommender, known("nobody"))
    assert len(found.recommendations) == 10
    assert {one.source for one in found.recommendations} == {pb.POPULAR}
    assert found.notes[0].startswith("viewers[0].user_id: not a user of the prepared data")


def test_an_unknown_user_beside_a_known_one(recommender, users):
    found = ask(recommender, known("nobody", users[0]))
    assert {one.source for one in found.recommendations} == {pb.PERSONAL}
    assert found.notes[0].startswith("viewers[0].user_id: not a user")


def test_an_empty_history(recommender):
    found = ask(recommender, [pb.Viewer(anonymous=pb.AnonymousViewer())])
    assert len(found.recommendations) == 10
    assert list(found.notes) == ["no viewer has a history: these are the most watched items"]


def test_k_larger_than_the_corpus(recommender, bundle, users):
    found = ask(recommender, known(users[0]), k=500, seen_policy=pb.INCLUDE_SEEN)
    assert sorted(ids(found)) == sorted(bundle.catalogue.item_ids)
    assert found.notes[0].startswith(f"{len(bundle.catalogue)} items instead of 500: ")


def test_everything_filtered(recommender, bundle, users):
    never = pb.Condition(feature="year", range=pb.Range(least=3000))
    found = ask(recommender, known(users[0]), conditions=[never])
    assert ids(found) == []
    assert found.notes[0] == "conditions[0]: no item of the catalogue meets it"
    assert "ruled out by filters" in found.notes[1]
    found = ask(recommender, known(users[0]), exclude_item_ids=bundle.catalogue.item_ids)
    assert ids(found) == []
    assert f"{len(bundle.catalogue)} of them seen or excluded" in found.notes[0]


@dataclass(frozen=True)
class Short(Retriever):
    """An index that finds three items, whatever it is asked for."""

    def search(self, queries, k, exclude, allowed=None):
        hits = super().search(queries, k, exclude, allowed)
        hits.rows[:, 3:], hits.scores[:, 3:], hits.valid[:, 3:] = -1, -np.inf, False
        return hits


def test_an_index_that_returns_fewer_than_asked(bundle, users):
    whole = bundle.retriever
    short = dataclasses.replace(bundle, retriever=Short(whole.index, whole.changes))
    found = ask(Recommender(short, ServeConfig()), known(users[0]))
    assert len(found.recommendations) == 3
    assert list(found.notes) == ["3 items instead of 10: the index found no more"]
    # The next page is not of the index, and there is one.
    page = {"page_token": found.next_page_token}
    more = ask(Recommender(short, ServeConfig()), known(users[0]), **page)
    assert len(more.recommendations) == 10
    assert not set(ids(more)) & set(ids(found))


@pytest.mark.parametrize("missing_in", ["catalogue", "index"])
def test_ids_in_the_index_and_not_in_the_catalogue_and_the_other_way_round(run, missing_in):
    path = run / "prepared" / "latest" / "catalogue.parquet"
    table = pq.read_table(path)
    if missing_in == "catalogue":
        pq.write_table(table.slice(1), path)
    else:
        ids_of_all = table["item_id"].to_pylist()
        vectors = np.random.default_rng(0).normal(size=(len(ids_of_all) - 1, 16))
        built = make_index(
            run / "other",
            vectors.astype(np.float32),
            vectors.astype(np.float32),
            IndexConfig(recall_k=5),
        )
        (built.path / "item_ids.txt").write_text("".join(f"{each}\n" for each in ids_of_all[1:]))
        for name in ("scann", "item_ids.txt", "item_vectors.npy"):
            target = run / "index" / "latest" / name
            shutil.rmtree(target) if target.is_dir() else target.unlink()
            shutil.move(built.path / name, target)
    with pytest.raises(ValueError, match=r"expected the \d+ items of .* build the index again"):
        open_bundle(run)


def test_missing_features(recommender, bundle, users):
    event = pb.Event(item_id=bundle.catalogue.item_ids[0])
    bare = pb.Viewer(anonymous=pb.AnonymousViewer(events=[event]))
    found = ask(recommender, [bare])
    assert len(found.recommendations) == 10
    assert all(np.isfinite(one.scores.score) for one in found.recommendations)


def test_duplicate_ids(recommender, bundle, users):
    best = ids(ask(recommender, known(users[0]), k=2))
    twice = {"exclude_item_ids": [best[0]] * 3, "allow_item_ids": [*best, *best]}
    assert ids(ask(recommender, known(users[0]), **twice)) == best[1:]
    event = pb.Event(item_id=bundle.catalogue.item_ids[0], rating=4)
    again = pb.Viewer(anonymous=pb.AnonymousViewer(events=[event, event]))
    assert len(set(ids(ask(recommender, [again])))) == 10
    with pytest.raises(RequestError, match=r"item_ids\[1\]: expected another item than item_ids"):
        recommender.rank(pb.RankRequest(viewers=known(users[0]), item_ids=best[:1] * 2), "test")


def test_a_viewer_twice_in_a_group(recommender, users):
    message = r"viewers\[1\].user_id: expected another user than viewers\[0\]"
    with pytest.raises(RequestError, match=message):
        ask(recommender, known(users[0], users[0]))


def test_page_after_page_until_the_catalogue_ends(bundle, users):
    recommender = Recommender(bundle, ServeConfig(max_shown=40))
    found, token = [], ""
    while token or not found:
        page = ask(
            recommender,
            known(users[0]),
            k=17,
            seen_policy=pb.INCLUDE_SEEN,
            page_token=token,
        )
        found += ids(page)
        token = page.next_page_token
    assert len(found) == len(bundle.catalogue)
    assert sorted(found) == sorted(bundle.catalogue.item_ids)
