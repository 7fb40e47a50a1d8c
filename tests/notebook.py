"""Runs the cells of a notebook one after the other, as a person would, without Jupyter.

The cells are plain Python. What a cell ends with is rendered as Jupyter would render it: a picture
as SVG, a table as HTML, anything else as text.
"""

from __future__ import annotations

import ast
import json
import sys
from pathlib import Path
from typing import Any

RENDERERS = ("_repr_svg_", "_repr_html_", "__repr__")


def cells(path: Path) -> list[str]:
    """The code of each code cell."""
    notebook = json.loads(path.read_text())
    return ["".join(c["source"]) for c in notebook["cells"] if c["cell_type"] == "code"]


def run(path: Path) -> list[str]:
    """What each code cell shows at its end, "" for nothing."""
    namespace: dict[str, Any] = {"__name__": "__main__"}
    return [_run(code, f"{path.name}, cell {n}", namespace) for n, code in enumerate(cells(path))]


def _run(code: str, name: str, namespace: dict[str, Any]) -> str:
    body = ast.parse(code, name).body
    last = body.pop() if body and isinstance(body[-1], ast.Expr) else None
    exec(compile(ast.Module(body, []), name, "exec"), namespace)  # noqa: S102  our own notebook
    if last is None:
        return ""
    value = eval(compile(ast.Expression(last.value), name, "eval"), namespace)  # noqa: S307
    shown = next(getattr(value, render, None) for render in RENDERERS if hasattr(value, render))
    return "" if value is None else shown()


if __name__ == "__main__":
    print(json.dumps(run(Path(sys.argv[1]))))
