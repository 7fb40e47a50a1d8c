"""Ranking: the behaviour-sequence transformer with pair-user attention."""
