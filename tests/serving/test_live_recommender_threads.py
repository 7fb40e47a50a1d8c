"""Changes of a catalogue while other threads search it and change it."""

import threading

import numpy as np
import pytest

from serving.deadline import Deadline
from serving.errors import RequestError
from tests.serving.asking import ask, ids
from tests.serving.changing import FILM, delete, upsert, viewers


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
