"""What a drawing model in this process can be told."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta

from workers.specs import LocalModel


class DrawingModel(LocalModel, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How to draw, beside what every local model can be told."""

    batch: Annotated[int, Meta(ge=1)] = 4
    """Pictures a pass."""
    size: Annotated[str, Meta(pattern=r"^\d+x\d+$")] = "1024x1024"
    """Width and height in pixels; the published pipeline draws 1024x1024."""
    steps: Annotated[int, Meta(ge=1)] = 28
    guidance: Annotated[float, Meta(ge=0)] = 4.5
    """diffusers has 28 steps and 7.0 for Stable Diffusion 3, 50 and 4.0 for FLUX.2; take both from the card
    of your model."""
    references: bool = True
    """False draws from the text alone, although a recaption speaks of image_1 and image_2; a pipeline that
    takes no pictures must be told so."""

    @property
    def sides(self) -> tuple[int, int]:
        """Width and height."""
        width, _, height = self.size.partition("x")
        return int(width), int(height)
