"""Which backbone a name means; the model is loaded at first use, once a process."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from workers.backbones.interface import Features
from workers.errors import ModelLoadError

PUBLISHED = {
    "CLIP": "openai/clip-vit-large-patch14",
    "LongCLIP": "",
    "DINO-v2": "facebook/dinov2-large",
    "DINO-v3": "facebook/dinov3-vitl16-pretrain-lvd1689m",
}
"""The four of Unified-Bench with the weights that the scripts name. LongCLIP-L is a checkpoint file without a
home on the hub, so its path has to be given."""

EMBEDDED = {"lit-embedding": "embeddings", "lit-features": "features"}
"""The two views that the packaged LiT model has of a picture
(`workers.image_text.interface.EncodedImages`)."""


@dataclass(frozen=True)
class BackboneWorker:
    """What a stage holds in place of a backbone: its name, its weights and its device."""

    kind: str
    weights: str = ""
    """A folder, a checkpoint file or a name on the hub; empty for the weights of `PUBLISHED`."""
    device: str = "cpu"

    @property
    def name(self) -> str:
        return self.kind

    @property
    def revision(self) -> str:
        """Revision of the loaded backbone. Loads it the first time."""
        return self.load().revision

    @property
    def embedded(self) -> bool:
        """True for a backbone that is not one of the published four."""
        return self.kind in EMBEDDED

    def load(self) -> Features:
        """The backbone; raises `workers.errors.ModelLoadError`."""
        return _load(self.kind, self.weights or PUBLISHED.get(self.kind, ""), self.device)


def chosen_backbones(spec: str, weights: Sequence[str], device: str = "cpu") -> list[BackboneWorker]:
    """Backbones of a spec: ``embedded``, ``published`` (all four), or names with commas between.

    `weights` are ``NAME=PATH``. Raises `ModelLoadError` for a name that there is not.
    """
    given = dict(pair.partition("=")[::2] for pair in weights)
    names = {"embedded": list(EMBEDDED), "published": list(PUBLISHED)}.get(spec, spec.split(","))
    unknown = [name for name in (*names, *given) if name not in PUBLISHED and name not in EMBEDDED]
    if unknown:
        raise ModelLoadError(f"unknown backbone {unknown[0]!r}: use {', '.join([*PUBLISHED, *EMBEDDED])}")
    return [BackboneWorker(name, given.get(name, ""), device) for name in names]


@lru_cache(maxsize=4)
def _load(kind: str, weights: str, device: str) -> Features:
    if kind in EMBEDDED:
        from workers.backbones.embedded import EmbeddedFeatures

        return EmbeddedFeatures(EMBEDDED[kind])
    if kind == "LongCLIP":
        from workers.backbones.longclip import LongClip

        return LongClip(weights, device)
    if kind in PUBLISHED:
        from workers.backbones.hub import HubFeatures

        return HubFeatures(kind, weights, device)
    raise ModelLoadError(f"unknown backbone {kind!r}: use one of {', '.join([*PUBLISHED, *EMBEDDED])}")
