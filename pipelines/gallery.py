"""The gallery of harvested ground truth, in which the proof finds its hard negatives.

A wrong reference is found out by the entity that it shows, if the gallery holds it. So a run that takes few
entities of a domain has others harvested beside them, for the gallery alone.

A gallery is pinned once it is built. If every new entity changed it, every proof ever made would be stale; so
it is built anew only when the model changes or the world has grown by half since, as a growing array is.
A new entity is proven against the gallery that is there: its own picture need not be in it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import msgspec

from catalogs.digests import digest_of
from catalogs.files import write_bytes
from catalogs.records import TruthViews
from catalogs.tombstones import Tombstones
from pipelines.engine.buckets import Bucket
from pipelines.folder import OutputFolder
from pipelines.runners.interface import Job
from verifiers.negatives import GalleryIndex, build_gallery, without
from workers.image_text.handle import ImageTextWorker

GROWTH = 1.5
"""A world this many times as large as the one that the gallery was built for gets a new gallery: proofs are
made anew less than twice a doubling, and at most a third of the entities are not in it."""


class Pin(msgspec.Struct, frozen=True):
    """Which gallery an output folder stands by."""

    file: str
    model: str
    entities: int
    """Entities that the run took for which it was built, those without a picture included."""


def standing_gallery(
    folder: OutputFolder, buckets: Sequence[Bucket], image_text: ImageTextWorker
) -> GalleryIndex | None:
    """The pinned gallery, where it still does for a world of these buckets; else None: build a new one."""
    pin = _pin(folder)
    if pin is None or pin.model != _model(image_text) or _entities(buckets) > GROWTH * pin.entities:
        return None
    index = GalleryIndex(str(folder.index / pin.file))
    return index if Path(index.path).exists() else None


def new_gallery(
    seen: Job, buckets: Sequence[Bucket], beside: Sequence[Bucket], image_text: ImageTextWorker
) -> GalleryIndex:
    """Build and pin a gallery of buckets that `seen` has brought up, those `beside` for its sake alone."""
    folder = OutputFolder(seen.out)
    flow = seen.flow(lambda *_: None)

    def items() -> Iterator[tuple[str, str, TruthViews]]:
        for bucket in (*buckets, *beside):
            for record in flow.plan(bucket).records:
                yield record.entity_id, record.value("entity").title, record.value("truth_views")

    index = build_gallery(folder.index, items(), image_text)
    pin = Pin(Path(index.path).name, _model(image_text), _entities(buckets))
    write_bytes(_path(folder), msgspec.json.encode(pin))
    return index


def pinned_gallery(folder: OutputFolder, image_text: ImageTextWorker) -> GalleryIndex:
    """The gallery that a run would take if the world has not grown much; for planning, which builds none."""
    pin = _pin(folder)
    if pin is not None and pin.model == _model(image_text):
        return GalleryIndex(str(folder.index / pin.file))
    return GalleryIndex(str(folder.index / f"gallery-{digest_of('not built yet')[:24]}.npz"))


def pinned_file(folder: OutputFolder) -> str | None:
    """Name of the gallery that is in use."""
    pin = _pin(folder)
    return pin.file if pin is not None else None


def drop_from_gallery(folder: OutputFolder, stones: Tombstones) -> None:
    """Take forgotten entities and pictures out of the pinned gallery; other galleries are deleted.

    The proofs that were made against it are made anew by the next run.
    """
    pin = _pin(folder)
    if pin is None:
        return
    path = folder.index / pin.file
    left = without(GalleryIndex(str(path)), stones.entities, stones.sha256s)
    write_bytes(_path(folder), msgspec.json.encode(msgspec.structs.replace(pin, file=Path(left.path).name)))
    for other in folder.index.glob("gallery-*.npz"):
        if other.name != Path(left.path).name:
            other.unlink()


def _entities(buckets: Sequence[Bucket]) -> int:
    return sum(len(bucket.refs) for bucket in buckets)


def _path(folder: OutputFolder) -> Path:
    return folder.index / "gallery.json"


def _pin(folder: OutputFolder) -> Pin | None:
    try:
        return msgspec.json.decode(_path(folder).read_bytes(), type=Pin)
    except (FileNotFoundError, msgspec.MsgspecError):
        return None


def _model(image_text: ImageTextWorker) -> str:
    return f"{image_text.name}@{image_text.revision}"
