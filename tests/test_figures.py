"""Figures in the documents are those of the results that the text before them links."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pytest

ROOT = Path(__file__).parent.parent
RESULTS = ROOT / "docs" / "results"
DOCUMENTS = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
RESULT = re.compile(r"results/(?:\]\(results\)`)?([\w<>-]+\.json)")
"""A result, or `<...>` in its name for several."""
NUMBER = re.compile(r"(?<![\w.@])(?:\d{1,3}(?: \d{3})+|\d+)?(?:\.\d+)?(?![\w]|\.\d)")
"""As the documents print it: `.0897`, `33 697`, `1.85`."""


OF_ROWS = "The measured rows are of "
"""Begins the paragraph behind a table whose figures it links."""
OF_NO_RESULT = {".360", ".789"}
"""Told of a trial beside the results, whose figures no file keeps."""


class Table(NamedTuple):
    """A table, or a row of one, and the results that are linked beside it."""

    name: str
    cells: list[str]
    results: list[Path]


def tables() -> Iterator[Table]:
    """All tables whose figures can be looked up."""
    for document in DOCUMENTS:
        paragraphs = [*re.split(r"\n\s*\n", document.read_text()), ""]
        for before, table, after in zip(paragraphs, paragraphs[1:], paragraphs[2:], strict=False):
            rows = [line for line in table.splitlines() if line.startswith("|")]
            name = f"{document.name}: {rows[0]}" if rows else ""
            results = linked(before) or (linked(after) if after.startswith(OF_ROWS) else [])
            if rows and results:
                # The first row and the first column say what the figures are of.
                cells = [cell for row in rows[2:] for cell in row.strip("|").split("|")[1:]]
                yield Table(name, cells, results)
            elif document.name == "seeds.md":
                for row in rows[2:]:
                    what, _, *figure = row.strip("|").split("|")
                    if RESULT.search(row) and any(map(printed, figure)):
                        yield Table(f"{name}{what}", figure, linked(row))


def linked(text: str) -> list[Path]:
    """The results that a text links."""
    patterns = [re.sub("<[^>]*>", "*", name) for name in RESULT.findall(text)]
    return sorted({path for pattern in patterns for path in RESULTS.glob(pattern)})


def figures(value: Any) -> Iterator[float]:
    """All numbers of a result, of its machine and its versions not."""
    if isinstance(value, dict):
        for name, inner in value.items():
            if name not in ("machine", "versions", "commit"):
                yield from figures(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from figures(inner)
    elif isinstance(value, (int, float)):
        yield float(value)


def printed(text: str) -> list[str]:
    """The numbers in a text, as they stand there."""
    return [found for found in NUMBER.findall(text) if found]


def missing(texts: list[str], results: list[Path]) -> list[str]:
    """Numbers in the texts that no figure of the results is, rounded as they are printed."""
    values = np.array([v for path in results for v in figures(json.loads(path.read_text()))])
    gone = []
    for number in (number for text in texts for number in printed(text)):
        half = 0.5 * 10.0 ** -len(number.partition(".")[2])
        if not (np.abs(np.abs(values) - float(number.replace(" ", ""))) <= half * 1.000_001).any():
            gone.append(number)
    return gone


def test_numbers_are_read_as_printed() -> None:
    assert printed("**.0897** [.031, .050], 33 697 of 1.85; recall@200 and v2") == [
        *(".0897", ".031", ".050", "33 697", "1.85"),
    ]
    assert printed("-.0189 ± .0019, ml-100k, 690 423: the newest 200") == [
        *(".0189", ".0019", "690 423", "200"),
    ]


def test_a_figure_that_is_in_no_result_is_found(tmp_path: Path) -> None:
    result = tmp_path / "one.json"
    result.write_text('{"figures": {"ndcg@10": 0.08966, "s": -12.815}, "machine": {"cpus": 2}}')
    assert not missing(["**.0897**, .09", "13 s, 12.8"], [result])
    assert missing([".0896", "12", "2"], [result]) == [".0896", "12", "2"]


def test_some_tables_are_looked_up() -> None:
    assert len(list(tables())) >= 4


@pytest.mark.parametrize("table", tables(), ids=lambda table: table.name)
def test_figures_of_a_table_are_in_the_linked_results(table: Table) -> None:
    assert table.results
    assert any(map(printed, table.cells))
    assert not missing(table.cells, table.results)


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_figures_of_a_paragraph_are_in_the_results_that_it_links(document: Path) -> None:
    """Of what is printed as `.0897`; whole numbers say too many other things."""
    for paragraph in re.split(r"\n\s*\n|\n(?=- )", document.read_text()):
        if RESULT.search(paragraph) and not paragraph.startswith("|"):
            shares = [n for n in printed(paragraph) if n.startswith(".")]
            assert set(missing(shares, linked(paragraph))) <= OF_NO_RESULT


def test_figures_of_the_quickstart_are_in_its_result() -> None:
    text, result = (ROOT / "README.md").read_text(), RESULTS / "quickstart.json"
    told = json.loads(result.read_text())
    (head,) = re.findall(r"┃ model +┃(.*)┃\n", text)
    rows = re.findall(r"│ ([a-z ]+?) +│(.*)│\n", text)
    assert len(rows) == 7
    for model, cells in rows:
        key = model.replace(" ", "_")
        for figure, cell in zip(head.split("┃"), cells.split("│"), strict=True):
            if "@" in figure:  # the result has no intervals
                name = figure.strip()
                value = told["peers"].get(key, {}).get(name, told["figures"].get(f"{key}_{name}"))
                assert float(cell) == pytest.approx(value, abs=0.5e-4), (model, name)
    assert not missing(re.findall(r"(?m)^(?:rating|pair) RMSE: .*$", text), [result])


def test_no_result_names_a_place_on_one_machine() -> None:
    commands = [json.loads(path.read_text())["command"] for path in RESULTS.glob("*.json")]
    assert commands
    assert not [word for command in commands for word in command.split() if word.startswith("/")]
