"""Measurements that the documents quote; each prints a ratio against a peer of the same run."""
