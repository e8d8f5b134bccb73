"""How often a failed record is tried: the class of its error decides.

A stage is a pure function of its record, so what Python raises over the record itself will be raised again;
what comes from outside, a server, a device, memory, may be over by the next run. A server that refuses a
request for what it holds will refuse it again, and may ask money for that. Votes that are on record are the
same votes at the next count.
"""

from __future__ import annotations

TRIES = 3
"""Runs that try a record before it rests among the dead letters, until `tracemill retry`."""

LASTING = frozenset(
    {
        "ArithmeticError",
        "AssertionError",
        "AttributeError",
        "EndpointRefusedError",
        "IndexError",
        "KeyError",
        "NotImplementedError",
        "OverflowError",
        "RecursionError",
        "TypeError",
        "UnreadBallotError",
        "UnicodeDecodeError",
        "UnicodeEncodeError",
        "ValidationError",
        "ValueError",
        "ZeroDivisionError",
    }
)
"""Error classes that rest after one try. A new version of the stage has results of its own and tries anew."""


def tries_of(error: str) -> int:
    """How many runs try a record that failed with this class of error."""
    return 1 if error in LASTING else TRIES


def rests(error: str, attempts: int) -> bool:
    """Whether a failed record is a dead letter."""
    return attempts >= tries_of(error)
