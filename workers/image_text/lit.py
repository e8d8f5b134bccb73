"""The LiT model: two frozen towers and a small trained head, all on CPU, all from packages and this project.

LiT: Zhai et al., "LiT: Zero-Shot Transfer with Locked-image text Tuning", CVPR 2022; here both towers
are locked and only the projections are trained (:mod:`workers.image_text.train_lit`).
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path

import numpy as np
from PIL import Image

from workers.errors import ModelLoadError
from workers.image_text.interface import Array, EncodedImages
from workers.image_text.pixels import to_array
from workers.image_text.towers import ImageTower, TextTower, lite0_path, minilm_path, single_thread

CODE_VERSION = "1"
"""Raise it whenever a change here, in ``head``, ``lite0``, ``minilm``, ``pixels`` or ``towers`` can change a
number."""

DEFAULT_HEAD = Path(__file__).resolve().parent.parent / "weights" / "lit_head.safetensors"


class LitImageText:
    """EfficientNet-lite0 and MiniLM joined by a trained head; it knows kinds of things, not individuals.

    Every input passes alone on one thread: its numbers depend on nothing but itself, whatever the batch
    and whatever torch's thread count. About 30 ms an image, 12 ms a short text.
    """

    name = "lit"

    def __init__(self, head: Path = DEFAULT_HEAD) -> None:
        from workers.image_text.head import Head

        check_files(head)
        with single_thread():
            self._head = Head.load(head)
            self._images = ImageTower()
            self._texts: TextTower | None = None
        self.dim: int = self._head.dim
        self.feature_dim: int = self._head.feature_dim
        self.revision: str = revision_of(head)

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


def check_files(head: Path = DEFAULT_HEAD) -> None:
    """Raise `ModelLoadError` where a file is missing that the model is made of; reads none of them."""
    if not head.is_file():
        raise ModelLoadError(f"{head} is not there: run `make lit-head` to train it.")
    lite0_path()
    minilm_path()


@lru_cache(maxsize=4)
def revision_of(head: Path = DEFAULT_HEAD) -> str:
    """Code and content of the three files (105 MB, read once a process).

    Every plan asks for it, though the run may have nothing to do: so nothing is loaded for it.
    """
    check_files(head)
    digest = hashlib.sha256()
    for path in (head, lite0_path(), minilm_path()):
        with path.open("rb") as stream:
            digest.update(hashlib.file_digest(stream, "sha256").digest())
    return f"{CODE_VERSION}-{digest.hexdigest()[:16]}"
