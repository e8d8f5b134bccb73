"""The picklable handle of the drawing worker; what is heavy is loaded at first use, once a process."""

from __future__ import annotations

from dataclasses import dataclass

from workers.drawing.diffusers_drawer import DiffusersDrawer
from workers.drawing.images_api import ImagesApi, ImagesEndpoint
from workers.drawing.interface import Drawer, DrawerHandle
from workers.drawing.settings import DrawingModel
from workers.endpoint import Calls
from workers.errors import ModelLoadError
from workers.specs import read_spec


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

    @property
    def draws_from_text(self) -> bool:
        """False: the compositor cuts its subject out of a reference."""
        return False

    def load(self) -> Drawer:
        """The drawer; raises `workers.errors.ModelLoadError` for a spec that names none."""
        if self.spec == "compositor":
            from workers.drawing.compositor import Compositor

            return Compositor()
        raise ModelLoadError(
            f"unknown drawer {self.spec!r}: use 'compositor', 'diffusers:FOLDER or NAME' or a table [drawing]"
        )


def drawer_worker(spec: str | ImagesEndpoint, calls: Calls) -> DrawerHandle:
    """The drawer of a spec or of an endpoint's settings; finished calls are kept in `calls`."""
    if not isinstance(spec, str):
        return ImagesApi(spec, calls)
    if spec.startswith("diffusers:"):
        named, settings = read_spec(spec, DrawingModel)
        return DiffusersDrawer(named.removeprefix("diffusers:"), settings)
    return DrawerWorker(spec)
