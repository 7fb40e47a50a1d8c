"""What jobs that were run twice leave behind."""

from __future__ import annotations

from pathlib import Path

from apache_beam.io.textio import _TextSink

from pipeline.runner import remove_abandoned


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
