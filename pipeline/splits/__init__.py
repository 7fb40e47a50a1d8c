"""What may be fitted, what validates and what tests: one file for each way to divide the events."""
