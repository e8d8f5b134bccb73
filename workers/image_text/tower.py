"""A model for pictures and texts whose image features come from another tower: DINOv2 or DINOv3.

DINO knows no words; it tells individuals apart better than a model that was trained on captions does. So it
gives the features (look-alikes, identity), and a CLIP or SigLIP the embeddings.
"""

from __future__ import annotations

from collections.abc import Sequence

from PIL import Image

from catalogs.digests import digest_of
from workers.backbones.hub import HubFeatures
from workers.checkpoints import checkpoint_digest, find_checkpoint
from workers.image_text.interface import Array, EncodedImages, ImageText, ImageTextModel
from workers.image_text.pixels import on_white


class WithTower:
    """An :class:`~workers.image_text.interface.ImageText` made of two models."""

    def __init__(self, texts: ImageText, settings: ImageTextModel) -> None:
        folder = find_checkpoint(settings.features, download=settings.download)
        self._texts = texts
        self._tower = HubFeatures(
            "DINO", str(folder), settings.device, dtype=settings.precision("float16"), batch=settings.batch
        )
        self.name = f"{texts.name}+{settings.features}"
        self.revision = with_tower(texts.revision, settings)
        self.dim = texts.dim
        self.feature_dim = self.image_features([Image.new("RGB", (8, 8))]).shape[1]

    def embed_images(self, images: Sequence[Image.Image]) -> Array:
        """float32 [n, dim], of the model that knows words."""
        return self._texts.embed_images(images)

    def embed_texts(self, texts: Sequence[str]) -> Array:
        """float32 [n, dim]."""
        return self._texts.embed_texts(texts)

    def image_features(self, images: Sequence[Image.Image]) -> Array:
        """float32 [n, feature_dim], of the tower."""
        return self._tower.features([on_white(image) for image in images])

    def encode_images(self, images: Sequence[Image.Image]) -> EncodedImages:
        """A pass of each."""
        return EncodedImages(self.embed_images(images), self.image_features(images))


def with_tower(revision: str, settings: ImageTextModel) -> str:
    """The revision of the pair. Loads nothing."""
    folder = find_checkpoint(settings.features, download=settings.download)
    return f"{revision}-{digest_of([checkpoint_digest(folder)])[:16]}"
