"""Benchmark splits in the published layouts, cut from entities that never enter training."""

from catalogs.splits.reservation import reserve

__all__ = ["reserve"]
