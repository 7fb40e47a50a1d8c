"""Models side by side: fitted on the same events, asked the same, and shown on one page."""
