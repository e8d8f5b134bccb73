"""The picklable handle of the image-text model; the model is loaded at first use, once a process."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from catalogs.stage import Resources
from workers.image_text import lit
from workers.image_text.interface import ImageText
from workers.image_text.loading import load_image_text, read_image_text

EMBEDDED = "lit"


@dataclass(frozen=True)
class ImageTextWorker:
    """What a stage holds in place of a model: its spec (see `workers.image_text.loading`)."""

    spec: str = EMBEDDED

    @property
    def name(self) -> str:
        """The spec without its settings: it says which model, and with open_clip which weights."""
        return self.spec.partition("?")[0]

    @property
    def revision(self) -> str:
        """Weights, precision and code, read from files: no model is loaded for it."""
        return lit.revision_of() if self.spec == EMBEDDED else read_image_text(self.spec).revision

    @property
    def resources(self) -> Resources:
        """What a copy needs; see `catalogs.stage.Stage.needs`."""
        if self.spec == EMBEDDED:
            return Resources()
        model = read_image_text(self.spec)
        return model.settings.resources(model.gib)

    def check(self) -> None:
        """Raise `ModelLoadError` where the model cannot be had, before any work is done."""
        if self.spec == EMBEDDED:
            lit.check_files()
        else:
            read_image_text(self.spec).check()

    def load(self) -> ImageText:
        """The model; raises `workers.errors.ModelLoadError`."""
        return _load(self.spec)


@lru_cache(maxsize=2)
def _load(spec: str) -> ImageText:
    return load_image_text(spec)
