"""The gallery of all ground truth, and the look-alikes that are found in it.

A gallery holds two feature vectors an entity: its subject on white, and the mirror image, because drawings
face either way. Search is exact, one product of matrices: 1 ms for 500 entities, 0.5 s for a million.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence, Set
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from catalogs.digests import digest_of
from catalogs.files import replacing
from catalogs.records import TruthViews
from workers.image_text.handle import ImageTextWorker

VIEWS = 2
"""Plain and mirrored."""

FORMAT = "2"
"""Raise it when equal pictures give other features or another file."""


@dataclass(frozen=True)
class Gallery:
    """A loaded gallery. Rows are sorted by entity id."""

    entity_ids: tuple[str, ...]
    titles: tuple[str, ...]
    pictures: tuple[str, ...]
    """SHA-256 of the picture behind each row."""
    features: Any
    """float32 [n, VIEWS, f], each vector of length 1."""

    def row_of(self, entity_id: str) -> int | None:
        return _positions(self.entity_ids).get(entity_id)

    def similarities(self, vectors: Any) -> Any:
        """Cosine of each vector to each entity's better view: float32 [m, f] -> float32 [m, n]."""
        n, views, size = self.features.shape
        if n == 0:
            return np.zeros((len(vectors), 0), np.float32)
        return (vectors @ self.features.reshape(n * views, size).T).reshape(-1, n, views).max(axis=2)

    def nearest(self, similarities: Any, k: int, entity_id: str, picture: str) -> list[int]:
        """The `k` rows of highest similarity, float [n], nearest first, ties by entity id.

        Leaves out the entity itself, and entities that share its very picture: no drawing tells them apart.
        """
        order = np.lexsort((np.arange(len(similarities)), -similarities)).tolist()
        others = (i for i in order if self.entity_ids[i] != entity_id and self.pictures[i] != picture)
        return [row for row, _ in zip(others, range(k), strict=False)]


@dataclass(frozen=True)
class GalleryIndex:
    """What a stage holds in place of a gallery: its file, whose name is the digest of its content."""

    path: str

    @property
    def name(self) -> str:
        return "gallery"

    @property
    def revision(self) -> str:
        return Path(self.path).stem.removeprefix("gallery-")

    def load(self) -> Gallery:
        """The gallery; raises FileNotFoundError when its file is gone (a run builds it again)."""
        return _load(self.path)


def build_gallery(
    folder: Path, items: Iterable[tuple[str, str, TruthViews]], image_text: ImageTextWorker
) -> GalleryIndex:
    """The gallery of (entity id, title, what `image_text` sees in it); found again if it exists.

    Its name is a digest of the sorted items and the model, so equal worlds share one.
    """
    seen = sorted(items, key=lambda item: item[:2])
    rows = [(entity_id, title, views.picture.sha256) for entity_id, title, views in seen]
    name = digest_of([FORMAT, f"{image_text.name}@{image_text.revision}", [list(row) for row in rows]])[:24]
    path = folder / f"gallery-{name}.npz"
    if not path.is_file():
        folder.mkdir(parents=True, exist_ok=True)
        pairs = [np.frombuffer(views.features, "<f4").reshape(VIEWS, -1) for _, _, views in seen]
        _save(path, rows, np.stack(pairs) if pairs else np.zeros((0, VIEWS, 1), np.float32))
    return GalleryIndex(str(path))


def without(index: GalleryIndex, entity_ids: Set[str], pictures: Set[str]) -> GalleryIndex:
    """The same gallery, less some entities and pictures (by SHA-256); itself where it holds none of them."""
    whole = index.load()
    rows = [
        row
        for row, (entity_id, picture) in enumerate(zip(whole.entity_ids, whole.pictures, strict=True))
        if entity_id not in entity_ids and picture not in pictures
    ]
    if len(rows) == len(whole.entity_ids):
        return index
    kept = [(whole.entity_ids[row], whole.titles[row], whole.pictures[row]) for row in rows]
    path = Path(index.path).with_name(f"gallery-{digest_of([FORMAT, index.revision, kept])[:24]}.npz")
    _save(path, kept, whole.features[rows])
    return GalleryIndex(str(path))


def subject_views(crops: Sequence[Any], image_text: ImageTextWorker) -> Any:
    """Features of subjects on white, plain and mirrored: n PIL pictures -> float32 [n, VIEWS, f].

    One takes two passes of the model, 60 ms.
    """
    from PIL import ImageOps

    both = [view for crop in crops for view in (crop, ImageOps.mirror(crop))]
    features = image_text.load().image_features(both)
    return features.reshape(len(crops), VIEWS, -1)


def _save(path: Path, rows: Sequence[tuple[str, str, str]], features: Any) -> None:
    columns: dict[str, Any] = {
        name: np.array([row[i] for row in rows], np.str_) for i, name in enumerate(_COLUMNS)
    }
    with replacing(path) as temporary, temporary.open("wb") as file:
        np.savez(file, features=features, **columns)


_COLUMNS = ("entity_ids", "titles", "pictures")


@lru_cache(maxsize=2)
def _load(path: str) -> Gallery:
    with np.load(path, allow_pickle=False) as file:
        columns = {name: tuple(file[name].tolist()) for name in _COLUMNS}
        return Gallery(features=file["features"], **columns)


@lru_cache(maxsize=2)
def _positions(entity_ids: tuple[str, ...]) -> dict[str, int]:
    return {entity_id: row for row, entity_id in enumerate(entity_ids)}
