"""Samples read back from shards, one at a time: the document, the pictures, and where they come from."""

from __future__ import annotations

import tarfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property, partial
from pathlib import Path
from typing import BinaryIO

import pyarrow as pa
import pyarrow.parquet as pq

from catalogs.arrow import from_table
from catalogs.digests import digest_of, sha256
from catalogs.errors import ShardError
from catalogs.exports.documents import Document, read_document
from catalogs.manifest import Manifest, ShardEntry
from catalogs.records import Origin, Record
from catalogs.sidecar import PictureRow

BATCH = 64
"""Rows of a sidecar that are decoded at a time."""


class SampleRow(Record, frozen=True, kw_only=True):
    """The columns of a sidecar that exports use; see `catalogs.sidecar.TrajectoryRow`.

    What an item of a benchmark does not have, because nobody searched or drew for it yet, has a default.
    """

    key: str
    domain: str
    entity_id: str
    title: str
    language: str
    subject: str
    prompt: str
    licences: list[str]
    credits: list[str]
    pictures: list[PictureRow]
    count: int = 1
    place: str = ""
    light: str = ""
    action: str = ""
    recaption: str = ""
    similarity: float = 0.0
    margin: float = 0.0
    checks: dict[str, float] = {}
    evidence: list[Origin] = []


@dataclass(frozen=True)
class Source:
    """What a part is made from: a shard, or a benchmark split."""

    name: str
    digest: str
    """Changes when, and only when, the samples do."""
    read: Callable[[], Iterator[Sample]]


@dataclass(frozen=True)
class Sample:
    """One trajectory on its way out."""

    row: SampleRow
    raw: bytes
    """The published document, byte for byte as the shard holds it."""
    pictures: Mapping[str, bytes]
    """Role (`catalogs.sidecar.ROLES`) -> encoded picture."""

    @property
    def key(self) -> str:
        return self.row.key

    @cached_property
    def document(self) -> Document:
        return read_document(self.raw)

    def with_pictures(self, pictures: Mapping[str, bytes]) -> Sample:
        """The same sample, with some pictures replaced."""
        return replace(self, pictures={**self.pictures, **pictures})


def training(out: Path, manifest: Manifest) -> list[Source]:
    """The shards of an output folder."""
    return [
        Source(
            name=Path(entry.url).stem,
            digest=digest_of([entry.sha256, entry.sidecar_sha256]),
            read=partial(read_samples, out, entry),
        )
        for entry in manifest.shardlist
    ]


def read_samples(out: Path, entry: ShardEntry) -> Iterator[Sample]:
    """The samples of a shard in its order; each picture is checked against its hash.

    Raises `ShardError` where tar and sidecar do not agree.
    """
    tar = out / entry.url
    try:
        with tar.open("rb") as file, pq.ParquetFile(out / entry.sidecar) as sidecar:
            documents = _documents(file)
            columns = list(SampleRow.__struct_fields__)
            for batch in sidecar.iter_batches(BATCH, columns=columns):
                for row in from_table(pa.Table.from_batches([batch]), SampleRow):
                    offset, size = documents[row.key]
                    yield Sample(
                        row=row,
                        raw=_read(file, offset, size),
                        pictures={picture.role: _picture(file, picture) for picture in row.pictures},
                    )
    except (OSError, KeyError, ValueError, tarfile.TarError, pa.ArrowException) as error:
        raise ShardError(
            f"{tar} cannot be read ({error!r}): run `tracemill check`, then run again"
        ) from error


def _documents(file: BinaryIO) -> dict[str, tuple[int, int]]:
    """Key -> offset and size of its document. Reads the headers alone."""
    with tarfile.open(fileobj=file, mode="r:") as tar:
        return {
            member.name.removesuffix(".json"): (member.offset_data, member.size)
            for member in tar
            if member.name.endswith(".json")
        }


def _picture(file: BinaryIO, picture: PictureRow) -> bytes:
    data = _read(file, picture.offset, picture.size)
    if sha256(data) != picture.sha256:
        raise ValueError(f"{picture.name} is damaged")
    return data


def _read(file: BinaryIO, offset: int, size: int) -> bytes:
    file.seek(offset)
    data = file.read(size)
    if len(data) != size:
        raise ValueError(f"it ends before byte {offset + size}")
    return data
