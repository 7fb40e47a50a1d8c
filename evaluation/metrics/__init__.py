"""Definitions of every figure, each with its formula and source; docs/evaluation.md is the list."""
