"""The drawing worker: recaption and references in, test drawings out. It never sees the ground truth."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import msgspec

from catalogs.stage import Worker


class DrawingRequest(msgspec.Struct, frozen=True, kw_only=True):
    recaption: str
    """The text of the recaption alone: no entity name beside it, no scene, no prompt."""
    language: str
    references: tuple[bytes, ...]
    """Encoded pictures; the recaption calls them image_1, image_2."""
    seed: int


class Drawer(Worker, Protocol):
    def draw(self, requests: Sequence[DrawingRequest]) -> list[bytes]:
        """One encoded picture (PNG or JPEG) a request, in order; equal requests give equal bytes."""
        ...


class DrawerHandle(Worker, Protocol):
    """What a stage holds in place of a drawer: small and picklable."""

    @property
    def draws_from_text(self) -> bool:
        """Whether it draws where there is no reference, from the words alone."""
        ...

    def load(self) -> Drawer:
        """The drawer; raises `workers.errors.WorkerError` where it cannot be had."""
        ...
