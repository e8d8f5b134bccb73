"""The LiT model: two frozen towers and a small trained head, all on CPU, all from packages and this project.

LiT: Zhai et al., "LiT: Zero-Shot Transfer with Locked-image text Tuning", CVPR 2022; here both towers
are locked and only the projections are trained (:mod:`workers.image_text.train_lit`).
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from workers.errors import ModelLoadError
from workers.image_text.interface import Array, EncodedImages
from workers.image_text.pixels import to_array
from workers.image_text.towers import ImageTower, TextTower, lite0_path, minilm_path, single_thread

CODE_VERSION = "1"
"""Raise it whenever a change here, in ``head``, ``towers`` or ``pixels`` can change a number."""

DEFAULT_HEAD = Path(__file__).resolve().parent.parent / "weights" / "lit_head.safetensors"


class LitImageText:
    """EfficientNet-lite0 and MiniLM joined by a trained head; it knows kinds of things, not individuals.

    Every input passes alone on one thread: its numbers depend on nothing but itself, whatever the batch
    and whatever torch's thread count. About 30 ms an image, 12 ms a short text.
    """

    name = "lit"

    def __init__(self, head: Path = DEFAULT_HEAD) -> None:
        from workers.image_text.head import Head

        if not head.is_file():
            raise ModelLoadError(f"{head} is not there: run `make lit-head` to train it.")
        with single_thread():
            self._head = Head.load(head)
            self._images = ImageTower()
            self._texts: TextTower | None = None
        self.dim: int = self._head.dim
        self.feature_dim: int = self._head.feature_dim
        self.revision: str = _revision(head)

    def encode_images(self, images: Sequence[Image.Image]) -> EncodedImages:
        """Both embeddings and features from one pass; see :class:`EncodedImages`."""
        embeddings = np.empty((len(images), self.dim), np.float32)
        features = np.empty((len(images), self.feature_dim), np.float32)
        with single_thread():
            for row, image in enumerate(images):
                late, middle = self._images(to_array(image))
                embeddings[row] = self._head.image(late)
                features[row] = self._head.identity(late, middle)
        return EncodedImages(embeddings, features)

    def embed_images(self, images: Sequence[Image.Image]) -> Array:
        """float32 [n, dim], L2-normalised, comparable with :meth:`embed_texts`."""
        return self.encode_images(images).embeddings

    def image_features(self, images: Sequence[Image.Image]) -> Array:
        """float32 [n, feature_dim], L2-normalised, comparable with each other only."""
        return self.encode_images(images).features

    def embed_texts(self, texts: Sequence[str]) -> Array:
        """float32 [n, dim], L2-normalised. Texts beyond 128 word pieces are cut."""
        out = np.empty((len(texts), self.dim), np.float32)
        with single_thread():
            if self._texts is None:
                self._texts = TextTower()
            for row, text in enumerate(texts):
                out[row] = self._head.text(self._texts(text))
        return out


def _revision(head: Path) -> str:
    digest = hashlib.sha256()
    for path in (head, lite0_path(), minilm_path()):
        digest.update(_file_digest(path))
    return f"{CODE_VERSION}-{digest.hexdigest()[:16]}"


def _file_digest(path: Path) -> Any:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").digest()
