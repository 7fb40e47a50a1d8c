"""Examples made from histories: one file for each task, and statistics of an example's own past."""
