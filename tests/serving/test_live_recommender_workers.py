"""Several workers that go by one log of changes."""

import dataclasses

import numpy as np

from serving.catalogue_log.log import Edit
from tests.serving.asking import ask, ids
from tests.serving.changing import FILM, delete, info, upsert, viewers


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
