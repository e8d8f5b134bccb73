"""Benchmarks scored: items through a short graph over a ledger of their own, then tables and reports."""
