"""Readers: one file per kind of table, from a data directory to columnar Arrow."""
