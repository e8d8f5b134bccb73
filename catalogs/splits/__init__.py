"""Benchmark splits in the published layouts, cut from entities that never enter training."""

from catalogs.splits.reservation import reserve, reserved_entities

__all__ = ["reserve", "reserved_entities"]
