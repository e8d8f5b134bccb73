"""The engine: buckets that walk through a graph over the ledger, and who may work on them."""
