"""A server that speaks the protocols of the endpoints, and fails in the ways that they do."""

from tests.fakes.faults import Faults
from tests.fakes.server import Fake, serving

__all__ = ["Fake", "Faults", "serving"]
