"""`make bench CASE=name` runs `benchmarks/name.py`: figures beside a named baseline of the same run, as JSON."""
