"""Figures of lists by another library, on the same random lists."""
