"""Which image-text model a spec names.

``lit``: the packaged default (CPU only). ``open_clip:ViT-L-14:/models/clip.pt``: any architecture that
open_clip knows, with a pretrained tag or a local checkpoint; without a third part its weights are random.
``transformers:/models/siglip``: a CLIP or SigLIP of transformers. Settings follow a question mark:
``?device=cuda&batch=256&features=/models/dinov2-large``.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from workers import checkpoints
from workers.devices import check_fits
from workers.errors import ModelLoadError
from workers.image_text import hub, open_clip
from workers.image_text.interface import ImageText, ImageTextModel
from workers.specs import read_spec

SPEC_FORMS = (
    "'lit', 'open_clip:MODEL[:PRETRAINED tag or checkpoint path]' or 'transformers:FOLDER or NAME', with "
    "'?device=cuda' and further settings behind the latter two"
)


@dataclass(frozen=True)
class LocalImageText:
    """A spec, read. Nothing is loaded before `load`."""

    kind: str
    model: str
    weights: str | None
    settings: ImageTextModel

    @property
    def revision(self) -> str:
        """Code, precision and digest of the weights."""
        if self.kind == "open_clip":
            revision = open_clip.revision_of(self.model, self.weights, self.settings)
        else:
            revision = hub.revision_of(self.model, self.settings)
        if not self.settings.features:
            return revision
        from workers.image_text.tower import with_tower

        return with_tower(revision, self.settings)

    @property
    def gib(self) -> float:
        """Of all weights, once loaded; 0 for random ones."""
        dtype = self.settings.precision("float16")
        return sum(checkpoints.weights_gib(path, dtype) for path in self._checkpoints())

    def check(self) -> None:
        """Raise `ModelLoadError` where a checkpoint is missing, damaged or too large."""
        for path in self._checkpoints():
            checkpoints.check_whole(path)
        check_fits(self.model, self.gib, self.settings.device)

    def load(self) -> ImageText:
        """The model; raises `ModelLoadError`."""
        model: ImageText
        if self.kind == "open_clip":
            model = open_clip.OpenClipImageText(self.model, self.weights, self.settings)
        else:
            model = hub.HubImageText(self.model, self.settings)
        if not self.settings.features:
            return model
        from workers.image_text.tower import WithTower

        return WithTower(model, self.settings)

    def _checkpoints(self) -> list[Path]:
        own = self.settings
        if self.kind == "open_clip":
            first = open_clip.weights_of(self.model, self.weights, own)
        else:
            first = checkpoints.find_checkpoint(self.model, own.revision, download=own.download)
        found = [first] if first else []
        if own.features:
            found.append(checkpoints.find_checkpoint(own.features, download=own.download))
        return found


def read_image_text(spec: str) -> LocalImageText:
    """The model of a spec other than ``lit``; raises `ModelLoadError`."""
    named, settings = read_spec(spec, ImageTextModel)
    kind, _, rest = named.partition(":")
    if kind == "open_clip" and rest.startswith(("local-dir:", "hf-hub:")):
        return LocalImageText(kind, rest, None, settings)
    if kind == "open_clip" and rest:
        model, _, weights = rest.partition(":")
        return LocalImageText(kind, model, weights or None, settings)
    if kind == "transformers" and rest:
        return LocalImageText(kind, rest, None, settings)
    if kind == "lit" and settings.on_gpu:
        raise ModelLoadError("'lit' runs on cpu only: use open_clip or transformers for a GPU.")
    raise ModelLoadError(f"Unknown image-text model {spec!r}: use {SPEC_FORMS}.")


def load_image_text(spec: str) -> ImageText:
    """Load the model that ``spec`` names; raises `ModelLoadError`, which says what to do."""
    if spec == "lit":
        from workers.image_text.lit import LitImageText

        return LitImageText()
    return read_image_text(spec).load()
