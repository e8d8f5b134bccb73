"""A Unified-Bench-style split: a hundred pictures, as different as the world allows, to caption and redraw.

    images/0.png, images/1.png, ...     source pictures, in the bytes and the type in which they were found
    protocol.json                       what a model is asked to do, and where its answers go
    items.parquet                       file, entity, licence and size of each picture
    report.json

The published scorers pair a reconstruction with its source by stem: ``0.png`` or ``recon_0.png``.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq

from catalogs.arrow import to_table
from catalogs.digests import digest_of, rounded
from catalogs.errors import SplitError
from catalogs.folders import replacing_folder
from catalogs.records import Picture, Record
from catalogs.shards import extension
from catalogs.splits.factip import is_current, pretty
from catalogs.stage import Blobs

SIZE = 100
"""Source pictures in the published benchmark (UAE, Unified-Bench)."""

PROTOCOL = {
    "caption": "Describe this picture so accurately, clearly and completely that somebody who has never seen "
    "it could paint it from your words alone: every object, its number, colour, place and size, the ground, "
    "the light.",
    "steps": [
        "Caption each file in images/ with the instruction above, in a conversation of its own.",
        "Let the same model draw from its caption alone; the source picture is not shown again.",
        "Save the drawing as recon_<number>.png, where <number> is the stem of the source picture.",
    ],
    "score": "Cosine of image features of source and drawing, mean over the pictures, then over CLIP, "
    "DINOv2, DINOv3 and LongCLIP; a missing drawing counts as 0 (the published scripts leave it out).",
}


class SourcePicture(Record, frozen=True, kw_only=True):
    """A picture that may enter, and whom it shows."""

    entity_id: str
    title: str
    domain: str
    picture: Picture


class SourceRow(Record, frozen=True, kw_only=True):
    """One picture, as ``items.parquet`` holds it."""

    file: str
    source: SourcePicture


class UnifiedReport(Record, frozen=True, kw_only=True):
    """What the split is."""

    inputs: str
    asked: int
    available: int
    held: int
    least_distance: float
    """Cosine distance of the two most alike pictures in the split, 0..2."""
    domains: dict[str, int]


def write_unified_bench(
    directory: Path, sources: Sequence[SourcePicture], features: np.ndarray, blobs: Blobs, size: int = SIZE
) -> UnifiedReport:
    """Write the split; left untouched where nothing changed.

    `features` has one row a source, of any width and length; rows are compared by cosine. The sources may
    come in any order. Raises `SplitError` where rows and sources do not match or a row is not finite.
    """
    if features.ndim != 2 or len(features) != len(sources) or not np.isfinite(features).all():
        raise SplitError(
            f"{len(sources)} pictures with features of shape {features.shape}: give a finite row for each"
        )
    # Each content once, and in an order of its own: ties must not depend on the order of the input.
    first = {source.picture.sha256: number for number, source in reversed(list(enumerate(sources)))}
    order = [first[name] for name in sorted(first)]
    picked, distance = k_centre(features[order], size)
    chosen = [sources[order[number]] for number in picked]
    domains = [source.domain for source in chosen]
    report = UnifiedReport(
        inputs=digest_of([PROTOCOL, chosen]),
        asked=size,
        available=len(order),
        held=len(chosen),
        least_distance=distance,
        domains={domain: domains.count(domain) for domain in sorted(set(domains))},
    )
    if not is_current(directory, report):
        with replacing_folder(directory) as folder:
            _write(folder, chosen, report, blobs)
    return report


def k_centre(features: np.ndarray, size: int) -> tuple[list[int], float]:
    """Greedy k-centre (Gonzalez, 1985): rows far from all others that were taken, and their least distance.

    Starts with the row nearest to the mean. Distances are rounded to four places before they are compared,
    because the last bits of a product depend on the processor; the earlier row wins a tie.
    """
    if not len(features):
        return [], 0.0
    unit = features / np.maximum(np.linalg.norm(features, axis=1, keepdims=True), 1e-12)
    picked = [int(np.argmax(np.round(unit @ unit.mean(axis=0), 4)))]
    nearest = np.full(len(unit), np.inf)
    least = 2.0
    while len(picked) < min(size, len(unit)):
        nearest = np.minimum(nearest, np.round(1.0 - unit @ unit[picked[-1]], 4))
        nearest[picked] = -1.0
        picked.append(int(np.argmax(nearest)))
        least = float(nearest[picked[-1]])
    return picked, rounded(least)


def _write(folder: Path, chosen: Sequence[SourcePicture], report: UnifiedReport, blobs: Blobs) -> None:
    (folder / "images").mkdir()
    rows = []
    for number, source in enumerate(chosen):
        data = blobs.get(source.picture.sha256)
        file = f"images/{number}.{extension(data) or 'png'}"
        (folder / file).write_bytes(data)
        rows.append(SourceRow(file=file, source=source))
    (folder / "protocol.json").write_bytes(pretty(PROTOCOL))
    pq.write_table(to_table(rows, SourceRow), folder / "items.parquet", compression="zstd")
    (folder / "report.json").write_bytes(pretty(report))
