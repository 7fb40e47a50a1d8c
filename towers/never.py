"""The logit of what can never be."""

from __future__ import annotations

NEVER = -1e9
"""Of what may not be attended to or chosen; finite, so that its gradient is 0 and not NaN."""
