"""Settings of all tests."""

from __future__ import annotations

from hypothesis import settings

# No example has a deadline: a machine that is slow because of other work must not look like a fault.
settings.register_profile("patient", deadline=None)
settings.load_profile("patient")
