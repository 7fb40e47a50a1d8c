"""What a schema demands of one column, as workers and checks use it."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

LISTED = 12
"""Values of a closed set that a message names."""


@dataclass(frozen=True)
class Expected:
    """The demands on a column; what a schema leaves out demands nothing.

    Attributes:
        values: Every value there is; () if any text may come.
        low: Least value, of numbers and times.
        high: Greatest value.
        min_mass: Share of the values that have to lie inside.
        min_fraction: Share of the rows that have to have a value.
        min_count: Rows that have to have a value.
        fewest: Values of a row that has any.
        most: The same; infinity for any number.
        is_time: Whether values are unix seconds, which messages spell as dates too.
    """

    values: tuple[str, ...] = ()
    low: float = -math.inf
    high: float = math.inf
    min_mass: float = 1.0
    min_fraction: float = 0.0
    min_count: int = 0
    fewest: int = 1
    most: float = math.inf
    is_time: bool = False

    @property
    def has_domain(self) -> bool:
        """Whether some values are outside."""
        return bool(self.values) or self.low > -math.inf or self.high < math.inf

    @property
    def domain(self) -> str:
        """What lies inside, in words."""
        if self.values:
            named = ", ".join(map(repr, self.values[:LISTED]))
            more = len(self.values) - LISTED
            return f"one of {named}" + (f" or {more} more" if more > 0 else "")
        if self.low == -math.inf:
            return f"at most {self._end(self.high)}"
        if self.high == math.inf:
            return f"at least {self._end(self.low)}"
        return f"{self._end(self.low)} to {self._end(self.high)}"

    def outside(self, values: pa.Array) -> np.ndarray:
        """Which values lie outside the domain.

        Args:
            values: `[values]` of the column's value type, none of them missing.

        Returns:
            `[values]` bool.
        """
        if self.values:
            inside = pc.is_in(values, value_set=pa.array(self.values, pa.string()))
            return ~inside.to_numpy(zero_copy_only=False)
        if not self.has_domain:
            return np.zeros(len(values), bool)
        numbers = values.to_numpy(zero_copy_only=False)
        return ~((numbers >= self.low) & (numbers <= self.high))

    def _end(self, value: float) -> str:
        """A number as people write it: schemas hold float32, in which 0.1 is 0.10000000149."""
        if self.is_time:
            return f"{value} ({np.datetime64(int(value), 's')})"
        return str(np.float32(value))
