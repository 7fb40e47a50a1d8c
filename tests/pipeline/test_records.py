from pathlib import Path

import pytest

from pipeline.records import check_none_lost, examples_made, read_counts
from schemas.columns import SPLITS

ROWS = {"items": 5, "train": 4, "fit": 4, "validation": 2, "test": 3, "users": 4}


@pytest.mark.parametrize("kind", ["items", *SPLITS])
@pytest.mark.parametrize("change", [-1, 1])
def test_a_lost_and_a_doubled_record_are_noticed(kind: str, change: int) -> None:
    check_none_lost(ROWS, ROWS)
    with pytest.raises(RuntimeError, match=rf"got .*'{kind}': {ROWS[kind] + change}"):
        check_none_lost(ROWS | {kind: ROWS[kind] + change}, ROWS)


def test_a_kind_that_was_not_counted_is_lost() -> None:
    with pytest.raises(RuntimeError, match=r"got .*'fit': 0"):
        check_none_lost({kind: n for kind, n in ROWS.items() if kind != "fit"}, ROWS)


def test_examples_are_the_records_of_tasks(tmp_path: Path) -> None:
    path = tmp_path / "records.tsv"
    path.write_text("pairs-train\t7\nitems\t5\ntrain\t4\npairs-test\t0\n")
    made = examples_made(read_counts(path), ["pairs"])
    assert made == {"pairs-train": 7, "pairs-test": 0}


def test_a_task_without_an_example_to_train_on_is_refused() -> None:
    with pytest.raises(ValueError, match=r"prepare\.tasks: expected examples of pairs, got none"):
        examples_made({"pairs-train": 0, "pairs-test": 2}, ["pairs"])
