"""What is fitted and what is asked for."""

from __future__ import annotations

RANDOM = "random"
"""Ratings alone; see `evaluation.random_split`."""
PROTOCOLS = {
    "leave_one_out": "Each person's newest event is asked for, from all the events before it.",
    "global_time": "Events after a moment are asked for, each from all the events of its person "
    "before it; only what lies before the moment is fitted.",
    "temporal_user": "The newest share of each person's events is asked for, from what was before.",
    "user_based": "People of whom nothing was fitted are asked for their later events, from their "
    "early ones.",
    RANDOM: "Ratings drawn at random are predicted from all others, whenever those were given: "
    "time is not respected, so this explains taste and foretells nothing.",
}
"""Name to what it asks, in a sentence; all but `random` are kinds of `prepare.split`."""
