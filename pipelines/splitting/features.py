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
FORMAT = "3"
"""Raised when equal pictures give other features or another file."""

Features = dict[str, Any]
"""Picture -> float32 [v, f], each of length 1: the picture and, where asked for, its mirror image."""


def features_of(
    collection: Collection, index: Path, image_text: ImageTextWorker, *, mirrored: bool
) -> Features:
    """Features of all pictures that decode, by name; each content is computed once for a model.

    One picture takes 30 ms with the embedded model, its mirror image as much.
    """
    contents = {name: sha256(collection.load(name)) for name in sorted(set(collection.pictures))}
    if not contents:
        return {}
    wanted = digest_of([FORMAT, f"{image_text.name}@{image_text.revision}", mirrored])[:24]
    path = index / f"features-{wanted}.npz"
    held = _read(path)
    loads = {content: name for name, content in reversed(contents.items()) if content not in held}
    if computed := _computed(loads, collection.load, image_text, mirrored=mirrored):
        held |= computed
        _write(path, held)
    return {name: held[content] for name, content in contents.items() if content in held}


def _computed(names: dict[str, str], load: Load, image_text: ImageTextWorker, *, mirrored: bool) -> Features:
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
    if not rows:
        return {}
    features = np.concatenate(rows)
    views = 2 if mirrored else 1
    return dict(zip(kept, features.reshape(len(kept), views, features.shape[1]), strict=True))


def _read(path: Path) -> Features:
    """Content hash -> features of all pictures that were ever asked for."""
    if not path.is_file():
        return {}
    with np.load(path, allow_pickle=False) as file:
        return dict(zip(file["contents"].tolist(), file["features"], strict=True))


def _write(path: Path, held: Features) -> None:
    contents = sorted(held)
    with replacing(path) as temporary, temporary.open("wb") as file:
        np.savez(file, contents=np.array(contents, np.str_), features=np.stack([held[c] for c in contents]))
