"""Benchmark splits cut from an output folder and searched for leaks against its training set."""
