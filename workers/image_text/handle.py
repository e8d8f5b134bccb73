"""The picklable handle of the image-text model; the model is loaded at first use, once a process."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from workers.image_text.interface import ImageText, load_image_text


@dataclass(frozen=True)
class ImageTextWorker:
    """What a stage holds in place of a model: its spec (see `load_image_text`) and its device."""

    spec: str = "lit"
    device: str = "cpu"

    @property
    def name(self) -> str:
        """The spec: it says which model, and with open_clip which weights."""
        return self.spec

    @property
    def revision(self) -> str:
        """Revision of the loaded model: its weights and code. Loads the model the first time."""
        return self.load().revision

    def load(self) -> ImageText:
        """The model; raises `workers.errors.ModelLoadError`."""
        return _load(self.spec, self.device)


@lru_cache(maxsize=2)
def _load(spec: str, device: str) -> ImageText:
    return load_image_text(spec, device)
