"""The files of a FactIP-style split: the published data set, and both layouts that its scorer reads.

    test.json, test_mini.json                  {index: {index, ip_name, image_prompt, source_category,
                                               country, language}}
    images/<category>/<index>/seed1.png        ground truth, in the bytes and the type in which it was found;
    images/<category>/<index>/seed2.png        the published scorer takes this folder as its FACTIP_GT_DIR
    flat/<category>/<index>_traj.json          put a model's picture beside it as <index>.png
    nested/<category>/<index>/                 put a model's picture there as <index>_generated.png
        <index>_trajectory.json
    items.parquet                              one row an item, with entity, group, pictures, licences
    left_out.parquet                           reserved prompts that are not in the split, each with why
    leaks.parquet                              every leak that was found, removed or noted

The published scorer prefers ``intermediate/<index>/image_1`` and ``image_2`` to the ground truth where a
model leaves such files in its folder: it then judges the model against what the model itself has found. Leave
them out.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from pathlib import Path

import pyarrow.parquet as pq

from catalogs.arrow import to_table
from catalogs.categories import FACTIP
from catalogs.leaks.records import Leak
from catalogs.records import Entity, Picture, Prompt, Record
from catalogs.shards import extension
from catalogs.splits.reports import pretty
from catalogs.stage import Blobs


class BenchmarkItem(Record, frozen=True, kw_only=True):
    """A prompt about a reserved entity, with what is known to show it."""

    entity: Entity
    prompt: Prompt
    ground_truth: list[Picture]


class PublishedItem(Record, frozen=True, kw_only=True):
    """One item, as ``test.json`` holds it: the published fields in the published order."""

    index: str
    ip_name: str
    image_prompt: str
    source_category: str
    country: str = ""
    """Empty: an encyclopedia does not tell it reliably."""
    language: str


class PublishedTrajectory(Record, frozen=True, kw_only=True):
    """The head of a published trajectory: what its scorer reads of one."""

    ip_index: str
    ip_name: str
    image_prompt: str
    language: str
    country: str = ""


class ItemRow(Record, frozen=True, kw_only=True):
    """One item, as ``items.parquet`` holds it."""

    item: PublishedItem
    group: str
    """``Character``, ``Object`` or ``Scene``."""
    mini: bool
    """Whether the item is in ``test_mini.json`` as well."""
    entity_id: str
    pictures: list[str]
    """Files, relative to the split."""
    ground_truth: list[Picture]


class LeftOutRow(Record, frozen=True, kw_only=True):
    """A reserved prompt that is not in the split, as ``left_out.parquet`` holds it."""

    index: str
    ip_name: str
    domain: str
    entity_id: str
    pictures: int
    """Different contents that the source has of the entity."""
    reason: str
    """See `catalogs.splits.factip.FactipReport.left_out`."""


def folder_name(category: str) -> str:
    """A published category name as a folder; two have a slash: ``Animal/Plant`` -> ``Animal_Plant``."""
    return category.replace("/", "_")


def write_files(
    folder: Path,
    chosen: Sequence[BenchmarkItem],
    mini: Collection[str],
    left_out: Sequence[LeftOutRow],
    found: Sequence[Leak],
    blobs: Blobs,
) -> None:
    """Everything but the report. `chosen` in ascending order of keys, each with the pictures that it gets."""
    rows = [_row(item, mini, folder, blobs) for item in chosen]
    for row in rows:
        _write_layouts(folder, row.item)
    (folder / "test.json").write_bytes(pretty({row.item.index: row.item for row in rows}))
    (folder / "test_mini.json").write_bytes(pretty({row.item.index: row.item for row in rows if row.mini}))
    pq.write_table(to_table(rows, ItemRow), folder / "items.parquet", compression="zstd")
    pq.write_table(to_table(left_out, LeftOutRow), folder / "left_out.parquet", compression="zstd")
    pq.write_table(to_table(found, Leak), folder / "leaks.parquet", compression="zstd")


def _row(item: BenchmarkItem, mini: Collection[str], folder: Path, blobs: Blobs) -> ItemRow:
    """The row of an item, whose pictures are written on the way."""
    category, group, _ = FACTIP[item.entity.domain]
    index = item.prompt.key
    home = Path("images") / folder_name(category) / index
    (folder / home).mkdir(parents=True)
    files = []
    for number, picture in enumerate(item.ground_truth, start=1):
        data = blobs.get(picture.sha256)
        files.append(home / f"seed{number}.{extension(data) or 'png'}")
        (folder / files[-1]).write_bytes(data)
    return ItemRow(
        item=PublishedItem(
            index=index,
            ip_name=item.prompt.subject,
            image_prompt=item.prompt.text,
            source_category=category,
            language=item.prompt.language,
        ),
        group=group,
        mini=index in mini,
        entity_id=item.entity.entity_id,
        pictures=[file.as_posix() for file in files],
        ground_truth=item.ground_truth,
    )


def _write_layouts(folder: Path, item: PublishedItem) -> None:
    category = folder_name(item.source_category)
    head = PublishedTrajectory(
        ip_index=item.index,
        ip_name=item.ip_name,
        image_prompt=item.image_prompt,
        language=item.language,
        country=item.country,
    )
    flat = folder / "flat" / category / f"{item.index}_traj.json"
    nested = folder / "nested" / category / item.index / f"{item.index}_trajectory.json"
    for path in (flat, nested):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(pretty(head))
