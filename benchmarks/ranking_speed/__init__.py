"""Ranking of one request by our exported model and by the textbook BST, for `benchmarks.rank`."""
