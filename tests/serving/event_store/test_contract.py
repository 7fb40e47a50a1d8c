"""What every event store does: the same tests for all of them."""

from __future__ import annotations

import multiprocessing
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from serving.event_store.choose import open_store
from tests.serving.event_store.build import NAN, events, read, rows

AT_ONCE = 4


def test_nothing_is_recorded_at_first(store):
    assert [len(history) for history in store.read(["u", "v"], 10)] == [0, 0]
    assert store.read([], 10) == []


def test_what_was_recorded_is_read(store):
    assert store.append(events(("e1", "u", "a", 4.5, 10), ("e2", "u", "b", NAN, 20))) == 2
    assert read(store, "u") == [("a", 4.5, 10), ("b", None, 20)]
    (history,) = store.read(["u"], 10)
    assert (history.ratings.dtype, history.timestamps.dtype) == (np.float32, np.int64)


def test_by_time_and_then_by_arrival(store):
    store.append(events(("e1", "u", "late", NAN, 30), ("e2", "u", "z", NAN, 20)))
    store.append(events(("e3", "u", "a", NAN, 20), ("e4", "u", "early", NAN, 1)))
    assert [item_id for item_id, _, _ in read(store, "u")] == ["early", "z", "a", "late"]


def test_arrivals_sort_as_numbers(store):
    store.append(events(*((f"e{n}", "u", f"i{n}", NAN, 5) for n in range(120))))
    assert [item_id for item_id, _, _ in read(store, "u")] == [f"i{n}" for n in range(120)]


def test_the_newest_are_read(store):
    store.append(events(*((f"e{n}", "u", f"i{n}", NAN, 100 - n) for n in range(10))))
    assert [item_id for item_id, _, _ in read(store, "u", at_most=3)] == ["i2", "i1", "i0"]


def test_each_user_has_their_own(store):
    store.append(events(("e1", "u", "a", NAN, 1), ("e2", "v", "b", NAN, 2), ("e3", "u", "c", 1, 3)))
    found = [rows(history) for history in store.read(["v", "nobody", "u"], 10)]
    assert found == [[("b", None, 2)], [], [("a", None, 1), ("c", 1.0, 3)]]


def test_an_event_sent_again_changes_nothing(store):
    store.append(events(("e1", "u", "a", 3, 10)))
    assert store.append(events(("e1", "u", "a", 3, 10), ("e2", "u", "b", 4, 20))) == 1
    assert store.append(events(("e2", "v", "c", 5, 99))) == 0
    assert read(store, "u") == [("a", 3.0, 10), ("b", 4.0, 20)]
    assert read(store, "v") == []


def test_which_events_it_holds(store):
    store.append(events(("e1", "u", "a", 3, 10), ("e2", "v", "b", NAN, 20)))
    assert store.holds(["e3", "e1", "", "e2", "e1"]).tolist() == [False, True, False, True, True]
    assert store.holds([]).tolist() == []


def test_an_event_twice_in_a_batch_counts_once(store):
    assert store.append(events(("e", "u", "a", 1, 10), ("e", "u", "b", 2, 20))) == 1
    assert read(store, "u") == [("a", 1.0, 10)]


def test_an_empty_batch(store):
    assert store.append(events()) == 0


@pytest.mark.parametrize(
    "odd", ["ü日本", "a:b", '"quoted\\', "'; DROP TABLE events; --", "0" * 256]
)
def test_ids_are_texts_of_any_kind(store, odd):
    store.append(events((odd, odd, odd, 2, 1), (odd + "2", "u", "a", NAN, 1)))
    assert read(store, odd) == [(odd, 2.0, 1)]


def test_numbers_are_kept_to_the_last_bit(store):
    rating, timestamp = float(np.float32(0.1)), (1 << 53) - 1
    store.append(events(("e", "u", "a", rating, timestamp)))
    assert read(store, "u") == [("a", rating, timestamp)]


def test_another_process_reads_at_once_what_is_recorded(store, connect):
    other = connect()
    assert read(other, "u") == []
    store.append(events(("e1", "u", "a", NAN, 1)))
    assert read(other, "u") == [("a", None, 1)]
    assert other.append(events(("e1", "u", "a", NAN, 1), ("e2", "u", "b", NAN, 2))) == 1
    assert len(read(store, "u")) == 2


def test_what_was_recorded_outlives_the_store(store, connect):
    store.append(events(("e", "u", "a", NAN, 1)))
    store.close()
    assert read(connect(), "u") == [("a", None, 1)]


def test_threads_write_and_read_at_once(store):
    def work(number):
        batches = [
            events(
                *((f"e{number}-{b}-{n}", f"u{number}", f"i{b}-{n}", NAN, 1 + b) for n in range(5))
            )
            for b in range(20)
        ]
        new = 0
        for batch in batches:
            new += store.append(batch)
            assert len(read(store, f"u{number}")) == new
        return new

    with ThreadPoolExecutor(AT_ONCE) as pool:
        assert list(pool.map(work, range(AT_ONCE))) == [100] * AT_ONCE


def write_all(address, run, number, answers):
    """Sends events that every process sends, each process in an order of its own."""
    store = open_store(address, run)
    order = np.random.default_rng(number).permutation(200)
    new = 0
    for part in np.split(order, 20):
        new += store.append(events(*((f"e{n}", f"u{n % 3}", f"i{n}", n, 1) for n in part.tolist())))
    store.close()
    answers.put(new)


def test_processes_write_at_once(address, connect, tmp_path):
    # Also opened at once: in SQLite all but one wait while the first makes the file.
    spawn = multiprocessing.get_context("spawn")
    answers = spawn.Queue()
    writers = [
        spawn.Process(target=write_all, args=(address, tmp_path, number, answers))
        for number in range(AT_ONCE)
    ]
    for writer in writers:
        writer.start()
    counts = [answers.get(timeout=60) for _ in writers]
    for writer in writers:
        writer.join(timeout=60)
        assert writer.exitcode == 0
    # Each event was new to one of them.
    assert sum(counts) == 200
    found = {row for user in ("u0", "u1", "u2") for row in read(connect(), user)}
    assert found == {(f"i{n}", float(n), 1) for n in range(200)}


EVENT = st.tuples(
    st.sampled_from([f"e{n}" for n in range(8)]),
    st.sampled_from("uvw"),
    st.sampled_from("abcd"),
    st.sampled_from([1.0, 4.5, NAN]),
    st.integers(1, 5),
)


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(batches=st.lists(st.lists(EVENT, max_size=6), max_size=5), at_most=st.integers(1, 10))
def test_any_batches_in_any_order_sent_any_number_of_times(store, batches, at_most):
    # Against a dictionary: the first event of an id stays. The store is that of other examples too.
    prefix = f"{next(EXAMPLES)}-"
    kept = {}
    for batch in batches:
        sent = [(prefix + event_id, prefix + user, *rest) for event_id, user, *rest in batch]
        before = len(kept)
        for event_id, *rest in sent:
            kept.setdefault(event_id, rest)
        assert store.append(events(*sent)) == len(kept) - before
    for user in "uvw":
        own = [rest for owner, *rest in kept.values() if owner == prefix + user]
        expected = sorted(own, key=lambda row: row[2])[-at_most:]
        found = read(store, prefix + user, at_most)
        assert found == [
            (item, None if rating != rating else rating, t) for item, rating, t in expected
        ]


EXAMPLES = iter(range(10**9))
