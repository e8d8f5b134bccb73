"""``hf`` of the benchmark: FactIP rows in Parquet with both pictures of the ground truth inside.

    data/test.parquet    the published columns, then pictures, group, licences and credits
    README.md, croissant.json

Read from the split that ``tracemill split factip`` writes, see `catalogs.splits.factip_files`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import msgspec
import pyarrow as pa
import pyarrow.parquet as pq

from catalogs.arrow import from_table
from catalogs.digests import sha256, sha256_of
from catalogs.errors import SplitError
from catalogs.exports.card import card_of
from catalogs.exports.croissant import croissant_of
from catalogs.exports.errors import ExportError, LeftOutError
from catalogs.exports.features import with_features
from catalogs.exports.interface import Facts, Format, Problem, Settings, Write
from catalogs.exports.parts import Part, Parts
from catalogs.exports.pictures import flattened, problem_of
from catalogs.exports.rows import IMAGE, files_in, pretty, read_table, table
from catalogs.exports.samples import BATCH, Sample, SampleRow, Source
from catalogs.shards import extension
from catalogs.sidecar import PictureRow
from catalogs.splits.factip_files import ItemRow

ITEMS = "items.parquet"
PICTURES = ("seed1", "seed2")
"""The published names of the two pictures; the scorer drops an item with fewer."""
PUBLISHED = ("index", "ip_name", "image_prompt", "source_category", "country", "language")
SCHEMA = pa.schema(
    [
        *((name, pa.string()) for name in (*PUBLISHED, "group", "entity_id")),
        *((name, IMAGE) for name in PICTURES),
        ("licences", pa.list_(pa.string())),
        ("credits", pa.list_(pa.string())),
    ]
)
DESCRIPTIONS = {
    "index": "Id of the item.",
    "ip_name": "Who or what the prompt is about.",
    "image_prompt": "Who does what in which scene.",
    "source_category": "One of twelve categories.",
    "country": "Left empty.",
    "language": "ISO 639-1 code of the prompt.",
    "group": "Character, Object or Scene.",
    "entity_id": "Id of the entity; it is in no training trajectory.",
    "seed1": "First picture of the ground truth.",
    "seed2": "Second picture of the ground truth.",
    "licences": "Every licence of a picture inside.",
    "credits": "Everybody who is to be credited.",
}


def benchmark(out: Path) -> list[Source]:
    """The FactIP split of an output folder as one source; raises `ExportError` where there is none."""
    items = out / "splits" / "factip" / ITEMS
    if not items.is_file():
        raise ExportError(f"{items} is not there: run `tracemill split factip --out {out}` first")
    return [Source(name="test", digest=sha256_of(items), read=lambda: _items(items))]


class FactIpRows(Format):
    """See the module."""

    name = "hf"
    version = "1"

    @contextmanager
    def writing(self, part: Part) -> Iterator[Write]:
        with table(part.path(f"data/{part.name}.parquet"), with_features(SCHEMA)) as rows:

            def write(sample: Sample) -> Facts:
                rows.add(row_of(sample), sum(len(data) for data in sample.pictures.values()))
                return {}

            yield write

    def finish(self, root: Path, parts: Parts) -> dict[str, Iterable[bytes]]:
        return {
            "README.md": [card_of(parts, DESCRIPTIONS, split="test").encode()],
            "croissant.json": [pretty(croissant_of(root, parts, SCHEMA, DESCRIPTIONS, key="index"))],
        }

    def check(self, root: Path, settings: Settings) -> Iterator[Problem | str]:
        for path in files_in(root / "data"):
            for row in read_table(path):
                problem = _problem(row)
                name = path.relative_to(root).as_posix()
                yield Problem(file=name, what=f"{row['index']}: {problem}") if problem else row["index"]


def row_of(sample: Sample) -> dict[str, Any]:
    """The row of an item; raises `LeftOutError` where it has fewer than two pictures."""
    roles = [picture.role for picture in sample.row.pictures]
    if len(roles) < len(PICTURES):
        raise LeftOutError("fewer-than-two-pictures", f"{len(roles)}")
    columns: dict[str, Any] = msgspec.json.decode(sample.raw)
    for name, role in zip(PICTURES, roles, strict=False):
        data = flattened(sample.pictures[role])
        columns[name] = {"bytes": data, "path": f"{sample.key}.{name}.{extension(data)}"}
    return columns | {"licences": sample.row.licences, "credits": sample.row.credits}


def _items(path: Path) -> Iterator[Sample]:
    with pq.ParquetFile(path) as file:
        for batch in file.iter_batches(BATCH):
            for row in from_table(pa.Table.from_batches([batch]), ItemRow):
                yield _sample(row, path.parent)


def _sample(row: ItemRow, folder: Path) -> Sample:
    """An item; the first picture has the role ``target``, as the ground truth of a trajectory has."""
    item, origins = row.item, [picture.origin for picture in row.ground_truth]
    pictures, held = [], {}
    for number, (file, picture) in enumerate(zip(row.pictures, row.ground_truth, strict=True), start=1):
        role = "target" if number == 1 else f"target{number}"
        held[role] = (folder / file).read_bytes()
        if sha256(held[role]) != picture.sha256:
            raise SplitError(f"{folder / file} is damaged: run `tracemill split factip` again")
        pictures.append(
            PictureRow(
                role=role,
                name=file,
                offset=0,
                size=picture.bytes,
                sha256=picture.sha256,
                media_type=picture.media_type,
                width=picture.width,
                height=picture.height,
                caption=picture.caption,
                origin=picture.origin,
            )
        )
    published = {name: getattr(item, name) for name in PUBLISHED}
    return Sample(
        row=SampleRow(
            key=item.index,
            domain=item.source_category,
            entity_id=row.entity_id,
            title=item.ip_name,
            language=item.language,
            subject=item.ip_name,
            prompt=item.image_prompt,
            licences=sorted({origin.licence for origin in origins}),
            credits=sorted({origin.author for origin in origins} - {""}),
            pictures=pictures,
        ),
        raw=msgspec.json.encode(published | {"group": row.group, "entity_id": row.entity_id}),
        pictures=held,
    )


def _problem(row: Mapping[str, Any]) -> str:
    if not row["image_prompt"].strip() or not row["source_category"]:
        return "no prompt, or no category"
    for name in PICTURES:
        if not row[name] or (problem := problem_of(row[name]["bytes"])):
            return f"{name} is missing or cannot be decoded: {problem if row[name] else ''}"
    if row["seed1"]["bytes"] == row["seed2"]["bytes"]:
        return "both pictures are the same"
    return ""
