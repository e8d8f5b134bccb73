"""`make bench CASE=name` runs `benchmarks/name.py`: figures beside a baseline of the same run, as JSON."""
