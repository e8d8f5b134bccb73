"""What a stage may ask of an image-text model, and how one is named.

Vectors are float32, one row an input, each row of length 1, so that a dot product is a cosine.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol, TypeAlias

import numpy as np
import numpy.typing as npt
from PIL import Image

from workers.errors import ModelLoadError

Array: TypeAlias = npt.NDArray[np.float32]


@dataclass(frozen=True)
class EncodedImages:
    """Both views a model has of the same pictures."""

    embeddings: Array
    """[n, dim], in the space shared with texts."""
    features: Array
    """[n, feature_dim], of the image tower alone: look-alikes, near-duplicates, identity."""


class ImageText(Protocol):
    """A model that puts pictures and texts in one space."""

    name: str
    """Short name for logs and records, e.g. ``lit``."""
    revision: str
    """Hash of the weights and version of the code; part of a stage's fingerprint."""
    dim: int
    """Columns of the shared space."""
    feature_dim: int
    """Columns of the image features."""

    def embed_images(self, images: Sequence[Image.Image]) -> Array:
        """float32 [n, dim], normalised, comparable with :meth:`embed_texts`."""
        ...

    def embed_texts(self, texts: Sequence[str]) -> Array:
        """float32 [n, dim], normalised, comparable with :meth:`embed_images`."""
        ...

    def image_features(self, images: Sequence[Image.Image]) -> Array:
        """float32 [n, feature_dim], normalised, comparable with other pictures only."""
        ...

    def encode_images(self, images: Sequence[Image.Image]) -> EncodedImages:
        """Embeddings and features from a single forward pass."""
        ...


SPEC_FORMS = "'lit' or 'open_clip:MODEL[:PRETRAINED tag or checkpoint path]'"


def load_image_text(spec: str, device: str = "cpu") -> ImageText:
    """Load the model that ``spec`` names.

    ``lit``: the packaged default (CPU only). ``open_clip:ViT-B-32:/models/clip.pt``: any architecture that
    open_clip knows, with a pretrained tag or a local checkpoint; without a third part its weights are random.

    Raises ModelLoadError, which says what to do.
    """
    kind, _, rest = spec.partition(":")
    if kind == "lit" and not rest:
        if device != "cpu":
            raise ModelLoadError(f"'lit' runs on cpu only, not {device!r}; use open_clip for a GPU.")
        from workers.image_text.lit import LitImageText

        return LitImageText()
    if kind == "open_clip" and rest:
        from workers.image_text.open_clip import OpenClipImageText

        model, _, weights = rest.partition(":")
        return OpenClipImageText(model, weights or None, device)
    raise ModelLoadError(f"Unknown image-text model {spec!r}: use {SPEC_FORMS}.")
