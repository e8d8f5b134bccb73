"""Samples read back from shards, one at a time: the document, the pictures, and where they come from."""

from __future__ import annotations

import tarfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any, BinaryIO

import msgspec
import pyarrow as pa
import pyarrow.parquet as pq

from catalogs.arrow import from_table
from catalogs.digests import sha256
from catalogs.errors import ShardError
from catalogs.manifest import ShardEntry
from catalogs.records import Origin, Record
from catalogs.sidecar import PictureRow

BATCH = 64
"""Rows of a sidecar that are decoded at a time."""


class SampleRow(Record, frozen=True, kw_only=True):
    """The columns of a sidecar that exports use; see `catalogs.sidecar.TrajectoryRow`."""

    key: str
    domain: str
    entity_id: str
    title: str
    language: str
    subject: str
    prompt: str
    count: int
    place: str
    light: str
    action: str
    recaption: str
    similarity: float
    margin: float
    checks: dict[str, float]
    models: list[str]
    licences: list[str]
    credits: list[str]
    evidence: list[Origin]
    pictures: list[PictureRow]


class TurnDocument(Record, frozen=True, kw_only=True):
    """A turn of the published document; one with an `error` was refused and then repaired."""

    turn: int
    stage: int
    input: str
    response_text: str
    tool_output: str | None = None
    error: str = ""

    @property
    def ok(self) -> bool:
        return not self.error


class ResponseDocument(Record, frozen=True, kw_only=True):
    """A turn to learn from: `turns` without those that were refused."""

    turn: int
    input: str
    response_text: str
    tool_output: str | None = None


class AttemptDocument(Record, frozen=True, kw_only=True):
    """A recaption with its verdict. `input` and `response_text` are empty in shards of earlier versions."""

    attempt: int
    recaption: str
    think: str
    verdict: dict[str, Any]
    drawings: list[str]
    """SHA-256 of the drawings, in the order of their seeds."""
    input: str = ""
    response_text: str = ""


class Details(Record, frozen=True, kw_only=True):
    """What exports read of the document's own block."""

    attempts: list[AttemptDocument] = []
    proof: dict[str, Any] | None = None


class Document(Record, frozen=True, kw_only=True):
    """The published trajectory document (`catalogs.trajectory.published`), as far as exports read it."""

    ip_index: str
    ip_name: str
    image_prompt: str
    language: str
    country: str = ""
    turns: list[TurnDocument]
    recaption: str
    full_response: list[ResponseDocument]
    tracemill: Details = Details()


_decoder = msgspec.json.Decoder(Document)


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
        return _decoder.decode(self.raw)

    def with_pictures(self, pictures: Mapping[str, bytes]) -> Sample:
        """The same sample, with some pictures replaced."""
        return replace(self, pictures={**self.pictures, **pictures})


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
