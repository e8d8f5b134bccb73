"""Scorers of published benchmarks: their inputs, their formulas, their output files."""
