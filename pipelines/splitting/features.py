"""Image features of the pictures of a collection, kept in the output folder's index."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from catalogs.digests import digest_of, sha256
from catalogs.files import replacing
from catalogs.leaks import Collection
from catalogs.leaks.hashes import UnreadablePictureError, decoded
from catalogs.leaks.pictures import Load
from workers.image_text.handle import ImageTextWorker

BATCH = 32
"""Pictures a pass of the model."""
FORMAT = "1"
"""Raised when equal pictures give other features or another file."""

Features = dict[str, Any]
"""Picture -> float32 [v, f], each of length 1: the picture and, where asked for, its mirror image."""


def features_of(
    collection: Collection, index: Path, image_text: ImageTextWorker, *, mirrored: bool
) -> Features:
    """Features of all pictures that decode, by name; computed once for a set of pictures and a model.

    One picture takes 30 ms with the embedded model, its mirror image as much.
    """
    contents = {name: sha256(collection.load(name)) for name in sorted(set(collection.pictures))}
    model = f"{image_text.name}@{image_text.revision}" if contents else ""
    wanted = digest_of([FORMAT, model, mirrored, sorted(set(contents.values()))])[:24]
    path = index / f"features-{wanted}.npz"
    if not path.is_file():
        loads = {content: name for name, content in reversed(contents.items())}
        _write(path, loads, collection.load, image_text, mirrored=mirrored)
    with np.load(path, allow_pickle=False) as file:
        held = dict(zip(file["contents"].tolist(), file["features"], strict=True))
    return {name: held[content] for name, content in contents.items() if content in held}


def _write(
    path: Path, names: dict[str, str], load: Load, image_text: ImageTextWorker, *, mirrored: bool
) -> None:
    """`names`: content hash -> name of a picture. Pictures are held a batch at a time."""
    from PIL import ImageOps

    kept: list[str] = []
    rows: list[Any] = []
    waiting: list[Any] = []

    def encode() -> None:
        if waiting:
            rows.append(image_text.load().image_features(waiting))
            waiting.clear()

    for content, name in sorted(names.items()):
        try:
            image = decoded(load(name))
        except UnreadablePictureError:
            continue
        kept.append(content)
        waiting += [image, ImageOps.mirror(image)] if mirrored else [image]
        if len(waiting) >= BATCH:
            encode()
    encode()
    features = np.concatenate(rows) if rows else np.zeros((0, 1), np.float32)
    views = 2 if mirrored else 1
    with replacing(path) as temporary, temporary.open("wb") as file:
        np.savez(
            file,
            contents=np.array(kept, np.str_),
            features=features.reshape(len(kept), views, features.shape[1]),
        )
