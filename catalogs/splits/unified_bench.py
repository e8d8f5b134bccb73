"""A Unified-Bench-style split: a hundred pictures, as different as the world allows, to caption and redraw.

    images/0.png, images/1.png, ...     source pictures, in the bytes and the type in which they were found
    protocol.json                       what a model is asked to do, and where its answers go
    items.parquet                       file, entity, licence and size of each picture
    leaks.parquet                       every leak that was found, removed or noted
    report.json

The published scorers pair a reconstruction with its source by stem: ``0.png`` or ``recon_0.png``.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq

from catalogs.arrow import to_table
from catalogs.digests import digest_of, rounded
from catalogs.errors import SplitError
from catalogs.folders import replacing_folder
from catalogs.leaks.hashes import UnreadablePictureError, hashes_of
from catalogs.leaks.records import Leak
from catalogs.leaks.removal import LeakReport
from catalogs.records import Picture, Record
from catalogs.shards import extension
from catalogs.splits.reports import FILE, pretty, read_report
from catalogs.splits.truth import READABLE
from catalogs.stage import Blobs

SIZE = 100
"""Source pictures in the published benchmark (UAE, Unified-Bench)."""

VERSION = "5"
"""Raised when equal inputs give another split."""

LEAST_SIDE, MOST_ASPECT = 150, 2.0
"""Pixels of the shorter side, and longer over shorter side: what BAGEL takes from the web (its paper, table
of filters). A smaller picture cannot show what a caption should be held to."""

PROTOCOL = {
    "caption": "Describe this picture so accurately, clearly and completely that somebody who has never seen "
    "it could paint it from your words alone: every object, its number, colour, place and size, the ground, "
    "the light. Write out lettering in double quotes.",
    "steps": [
        "Caption each file in images/ with the instruction above, in a conversation of its own.",
        "Let the same model draw from its caption alone; the source picture is not shown again.",
        "Save the drawing as recon_<number>.png, where <number> is the stem of the source picture.",
    ],
    "score": "Cosine of image features of source and drawing, mean over the pictures, then over CLIP, "
    "LongCLIP, DINOv2 and DINOv3; a missing drawing is left out of the means, as by the published scripts.",
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

    offered: str
    """Digest of what the split was cut from and compared with."""
    inputs: str
    """Digest of what was taken."""
    asked: int
    available: int
    """Different pictures that are fit and leak nowhere."""
    held: int
    unfit: dict[str, int]
    """Why pictures were left out: ``media-type``, ``too-small``, ``odd-aspect``, ``unreadable``, ``flat``,
    ``leak``."""
    unknown_licence: int
    """Pictures in the split of which the source does not tell the licence: clear them before you pass them
    on."""
    least_distance: float
    """Cosine distance of the two most alike pictures in the split, 0..2."""
    domains: dict[str, int]
    leaks: LeakReport | None = None
    """None: nothing was compared. A run compares the bytes of pictures with training, `tracemill split` what
    they show, with external lists as well (`LeakReport.by_eye`)."""


def held_unified_bench(directory: Path, basis: str) -> UnifiedReport | None:
    """The report of the split, if it was searched, and cut from this basis; None otherwise."""
    held = read_report(directory, UnifiedReport)
    if held is None or held.leaks is None:
        return None
    return held if held.offered == _offered(basis, held.asked) else None


def write_unified_bench(
    directory: Path,
    sources: Sequence[SourcePicture],
    features: np.ndarray,
    blobs: Blobs,
    size: int = SIZE,
    *,
    basis: str = "",
    leaks: LeakReport | None = None,
    found: Sequence[Leak] = (),
) -> UnifiedReport:
    """Write the split; left untouched where nothing changed.

    `features` has one row a source, of any width and length; rows are compared by cosine. The sources may
    come in any order. Raises `SplitError` where rows and sources do not match or a row is not finite. `leaks`
    says which pictures have to stay out, `found` is written beside the split; `basis` is a digest of
    all that the split rests on, by which it is known to be current.
    """
    if features.ndim != 2 or len(features) != len(sources) or not np.isfinite(features).all():
        raise SplitError(
            f"{len(sources)} pictures with features of shape {features.shape}: give a finite row for each"
        )
    # Each content once, and in an order of its own: ties must not depend on the order of the input.
    first = {source.picture.sha256: number for number, source in reversed(list(enumerate(sources)))}
    spoilt = {removal.what for removal in leaks.removed_pictures} if leaks else set()
    faults = {
        name: "leak" if name in spoilt else unfitness(sources[number].picture, blobs)
        for name, number in first.items()
    }
    order = [first[name] for name in sorted(first) if not faults[name]]
    picked, distance = k_centre(features[order], size)
    chosen = [sources[order[number]] for number in picked]
    domains = Counter(source.domain for source in chosen)
    report = UnifiedReport(
        offered=_offered(basis, size),
        inputs=digest_of([PROTOCOL, chosen]),
        asked=size,
        available=len(order),
        held=len(chosen),
        unfit=dict(sorted(Counter(fault for fault in faults.values() if fault).items())),
        unknown_licence=sum(not source.picture.origin.licence for source in chosen),
        least_distance=distance,
        domains=dict(sorted(domains.items())),
        leaks=leaks,
    )
    if read_report(directory, UnifiedReport) != report:
        with replacing_folder(directory) as folder:
            _write(folder, chosen, found, blobs)
            (folder / FILE).write_bytes(pretty(report))
    return report


def unfitness(picture: Picture, blobs: Blobs) -> str:
    """Why a picture cannot be a source; empty for one that can."""
    short, long = sorted((picture.width, picture.height))
    if picture.media_type not in READABLE:
        return "media-type"
    if short < LEAST_SIDE:
        return "too-small"
    if long > MOST_ASPECT * short:
        return "odd-aspect"
    try:
        whole = hashes_of(blobs.get(picture.sha256), crops=False).whole
    except UnreadablePictureError:
        return "unreadable"
    return "" if len(whole) else "flat"


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


def _offered(basis: str, size: int) -> str:
    return digest_of([VERSION, basis, size])


def _write(folder: Path, chosen: Sequence[SourcePicture], found: Sequence[Leak], blobs: Blobs) -> None:
    (folder / "images").mkdir()
    rows = []
    for number, source in enumerate(chosen):
        data = blobs.get(source.picture.sha256)
        file = f"images/{number}.{extension(data) or 'png'}"
        (folder / file).write_bytes(data)
        rows.append(SourceRow(file=file, source=source))
    (folder / "protocol.json").write_bytes(pretty(PROTOCOL))
    pq.write_table(to_table(rows, SourceRow), folder / "items.parquet", compression="zstd")
    pq.write_table(to_table(found, Leak), folder / "leaks.parquet", compression="zstd")
