"""The picklable handle of the drawing worker; what is heavy is loaded at first use, once a process."""

from __future__ import annotations

from dataclasses import dataclass

from workers.drawing.interface import Drawer
from workers.errors import ModelLoadError


@dataclass(frozen=True)
class DrawerWorker:
    """What a stage holds in place of a drawer. `spec`: ``compositor``."""

    spec: str = "compositor"

    @property
    def name(self) -> str:
        return self.spec

    @property
    def revision(self) -> str:
        """Revision of the drawer; part of a stage's fingerprint."""
        return self.load().revision

    def load(self) -> Drawer:
        """The drawer; raises `workers.errors.ModelLoadError` for a spec that names none."""
        if self.spec == "compositor":
            from workers.drawing.compositor import Compositor

            return Compositor()
        raise ModelLoadError(f"unknown drawer {self.spec!r}: use 'compositor'")
