"""What an address answered."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Answer:
    """What an address answered with status 200, or 304 to a conditional request (then without a body)."""

    url: str
    """After redirects."""
    status: int
    body: bytes
    etag: str = ""
    last_modified: str = ""

    @property
    def is_unchanged(self) -> bool:
        return self.status == 304
