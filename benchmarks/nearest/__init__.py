"""Indexes for nearest neighbours, ours and others, built and searched alike."""
