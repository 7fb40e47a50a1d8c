"""How preparation tells how far it is."""

from __future__ import annotations

from collections.abc import Callable

Progress = Callable[[str, int, int], None]
"""(the step under way, steps done, steps in all)."""

STEPS = 4
