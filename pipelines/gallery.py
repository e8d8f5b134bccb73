"""The gallery of all harvested ground truth, in which the proof finds its hard negatives."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from pipelines.buckets import Bucket
from pipelines.flow import Flow
from pipelines.folder import OutputFolder
from verifiers.negatives import GalleryIndex, build_gallery
from workers.image_text.handle import ImageTextWorker


def gallery_of(
    flow: Flow, buckets: Sequence[Bucket], folder: OutputFolder, image_text: ImageTextWorker
) -> GalleryIndex:
    """Built once for a set of pictures and a model; found again by their digest."""

    def items() -> Iterator[tuple[str, str, str]]:
        for bucket in buckets:
            for record in flow.plan(bucket).records:
                first = record.value("ground_truth")[0]
                yield record.entity_id, record.value("entity").title, first.sha256

    return build_gallery(folder.index, sorted(items()), folder.blobs, image_text)
