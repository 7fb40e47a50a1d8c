"""Table `[describe]`."""

from __future__ import annotations

from dataclasses import dataclass

from schemas.config.checks import at_least, refuse

MAX_MATRIX_CELLS = 2_000
"""More than a screen shows, and megabytes of picture."""


@dataclass(frozen=True)
class DescribeConfig:
    """`pipeline/describe/`: the exploratory report.

    Attributes:
        top_items: Most popular items that are listed.
        top_values: Values of each categorical feature that are listed.
        matrix_cells: Most rows, and most columns, of the picture of the user-item matrix.
        seed: Of the samples that say what distance between splits chance alone reaches.
    """

    top_items: int = 20
    top_values: int = 20
    matrix_cells: int = 200
    seed: int = 1

    def __post_init__(self) -> None:
        at_least("describe", self, top_items=1, top_values=1, matrix_cells=1, seed=0)
        if self.matrix_cells > MAX_MATRIX_CELLS:
            refuse("describe.matrix_cells", f"at most {MAX_MATRIX_CELLS}", self.matrix_cells)
