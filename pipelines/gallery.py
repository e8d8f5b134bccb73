"""The gallery of all harvested ground truth, in which the proof finds its hard negatives."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from catalogs.digests import digest_of
from catalogs.files import write_bytes
from pipelines.buckets import Bucket
from pipelines.emit import plan_of
from pipelines.folder import OutputFolder
from pipelines.runners.interface import Job
from verifiers.negatives import GalleryIndex, build_gallery
from workers.image_text.handle import ImageTextWorker


def gallery_of(harvest: Job, buckets: Sequence[Bucket], image_text: ImageTextWorker) -> GalleryIndex:
    """Built once for a set of pictures and a model; found again by their digest.

    A note beside it says which harvest it was made from, so that an equal harvest need not be read again.
    """
    folder = OutputFolder(harvest.out)
    plans = [plan_of(harvest.graph, bucket) for bucket in buckets]
    model = f"{image_text.name}@{image_text.revision}"
    note = folder.index / f"gallery-of-{digest_of([plans, model])[:24]}"
    if note.exists():
        index = GalleryIndex(str(folder.index / note.read_text()))
        if Path(index.path).exists():
            return index
    flow = harvest.flow(lambda *_: None)
    settled = True

    def items() -> Iterator[tuple[str, str, str]]:
        nonlocal settled
        for bucket in buckets:
            walk = flow.plan(bucket)
            settled = settled and not walk.missing
            for record in walk.records:
                first = record.value("ground_truth")[0]
                yield record.entity_id, record.value("entity").title, first.sha256

    index = build_gallery(folder.index, sorted(items()), folder.blobs, image_text)
    if settled:
        write_bytes(note, Path(index.path).name.encode())
    return index
