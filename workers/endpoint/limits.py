"""Limits of an endpoint as plain arithmetic over a clock, so that they can be tested without waiting."""

from __future__ import annotations

from dataclasses import dataclass

BREAK_AFTER = 8
"""Failures in a row that pause an endpoint. Where one call in five fails by chance, eight in a row are one
case in 400,000 calls (0.2^8); a server that is down fails them at once."""

FIRST_PAUSE, LONGEST_PAUSE = 1.0, 60.0
"""Seconds; each pause in a row is twice as long. 60 s is what a model server takes to start again."""

MOST_PAUSES = 10
"""In a row, five and a half minutes in all; then the endpoint counts as down and the run stops."""


@dataclass
class Pace:
    """Evenly spaced starts: no window of any length sees more than its share and one.

    A bucket that lets a minute's worth through at once would break a limit a second of the same provider.
    """

    per_second: float
    free_at: float = 0.0
    """When the next may start."""

    def reserve(self, now: float, cost: float = 1.0) -> float:
        """Seconds to wait before something of this cost may start; its place is taken."""
        return reserve(now, (self, cost))

    def correct(self, cost: float) -> None:
        """Add what was reserved too little; give back, with a minus, what was too much."""
        self.free_at += cost / self.per_second


def reserve(now: float, *costs: tuple[Pace, float]) -> float:
    """Seconds to wait before something may start that costs so much of each pace; its place is taken in all.

    One start for all of them: places taken one by one would not be those where it starts, and what waited for
    the one limit would break the other.
    """
    start = max([now, *(pace.free_at for pace, _ in costs)])
    for pace, cost in costs:
        pace.free_at = start + cost / pace.per_second
    return start - now


@dataclass
class Breaker:
    """Pauses an endpoint that fails, then lets one call through to try it."""

    failures: int = 0
    pauses: int = 0
    probing: bool = False
    _until: float = 0.0

    def wait(self, now: float) -> float:
        """Seconds until the endpoint may be tried; 0 when it may be called now."""
        if self.probing:
            return FIRST_PAUSE / 4  # ask again soon: the probe decides
        return max(0.0, self._until - now)

    def enter(self) -> bool:
        """Called when `wait` is 0; True for the one call that tries a paused endpoint."""
        self.probing = self.pauses > 0
        return self.probing

    def succeeded(self) -> None:
        self.failures = self.pauses = 0

    def left(self, *, probe: bool) -> None:
        """The call that tried the endpoint is over, however it ended."""
        if probe:
            self.probing = False

    def failed(self, now: float, *, probe: bool) -> None:
        """Calls that were in flight when the pause began do not lengthen it."""
        self.failures += 1
        if probe or (self.pauses == 0 and self.failures >= BREAK_AFTER):
            self._until = now + min(FIRST_PAUSE * 2**self.pauses, LONGEST_PAUSE)
            self.pauses += 1

    @property
    def is_down(self) -> bool:
        return self.pauses > MOST_PAUSES
