"""Pipelines of diffusers that take several references at once, and how each of them is asked.

A recaption calls its references image_1 and image_2; every model was trained with a name of its own.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

_LABEL = re.compile(r"\bimage_(\d+)\b")


@dataclass(frozen=True)
class Manner:
    """How one kind of pipeline is asked."""

    label: str
    """What it calls its n-th reference."""
    guidance: str = "guidance_scale"
    further: Mapping[str, Any] = field(default_factory=dict)
    text_alone: bool = True
    """Whether it also draws where there is no reference."""

    def worded(self, recaption: str) -> str:
        """The recaption with its references called as the model knows them."""
        return _LABEL.sub(lambda found: self.label.format(found[1]), recaption)


PIPELINES = {
    "Flux2Pipeline": Manner("image {}"),
    "Flux2KleinPipeline": Manner("image {}"),
    "QwenImageEditPlusPipeline": Manner("Picture {}", "true_cfg_scale", {"negative_prompt": " "}, False),
}
"""By class name. "image 1" is the wording of the FLUX.2 prompting guide; "Picture 1" stands in Qwen's own
template; Qwen guides by a negative prompt, a space in its model card, and edits: without a picture it draws
nothing."""
