"""Options that are taken and refused, and what jobs that were run twice leave behind."""

from __future__ import annotations

from pathlib import Path

import pytest
from apache_beam.io.textio import _TextSink

from pipeline.runner import new_pipeline, remove_abandoned


def test_only_what_an_abandoned_attempt_wrote_is_removed(tmp_path: Path) -> None:
    for name in ("train", "tasks/pairs"):
        target = tmp_path / name
        target.parent.mkdir(exist_ok=True)
        abandoned = Path(_TextSink(str(target)).initialize_write())
        (abandoned / "part").write_text("half of a row")
        target.write_text("rows")
    assert len(list(tmp_path.rglob("part"))) == 2
    remove_abandoned(tmp_path)
    found = sorted(path for path in tmp_path.rglob("*") if path.is_file())
    assert found == [tmp_path / "tasks" / "pairs", tmp_path / "train"]
    assert len(list(tmp_path.rglob("*"))) == 3


@pytest.mark.parametrize("args", [["--forse"], ["--direct_num_workrs=2"], ["data.csv"]])
def test_options_that_nobody_knows(args):
    with pytest.raises(
        ValueError, match=rf"expected those of `prepare` or of Beam, got \['{args[0]}"
    ):
        new_pipeline(args)


def test_options_of_beam_and_of_another_runner():
    options = new_pipeline(["--direct_num_workers=2", "--job_name=x"]).options.get_all_options()
    assert options["direct_num_workers"] == 2
    new_pipeline(["--runner=PortableRunner", "--only_known_there=1"])
