"""What a stage may ask of an image-text model, and how one is named.

Vectors are float32, one row an input, each row of length 1, so that a dot product is a cosine.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Protocol, TypeAlias

import numpy as np
import numpy.typing as npt
from msgspec import Meta
from PIL import Image

from workers.specs import LocalModel

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


class ImageTextModel(LocalModel, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a spec of an image-text model can be told."""

    batch: Annotated[int, Meta(ge=1)] = 64
    """Inputs a forward pass."""
    features: str = ""
    """A DINOv2 or DINOv3 checkpoint that gives the image features in place of the model's own."""
