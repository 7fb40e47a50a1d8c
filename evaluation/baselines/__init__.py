"""Models that any new one is measured against."""
