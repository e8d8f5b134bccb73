"""Looking at what was made: one trajectory in the terminal, all of them as pages, a picture as a file.

Everything is read from the current tables, so rejected records can be looked at, too.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pyarrow.parquet as pq
from rich.console import Group

from catalogs.errors import CatalogError
from catalogs.files import write_bytes
from catalogs.gallery import Exhibit, write_gallery
from catalogs.ledger import FAILED, REJECTED
from catalogs.records import COLUMNS, Prompt
from catalogs.shards import extension
from catalogs.show import render
from catalogs.sidecar import ROLES, pictures_of
from pipelines.folder import OutputFolder

_decode_cells = msgspec.json.Decoder(dict[str, msgspec.Raw]).decode


def trajectory_of(folder: OutputFolder, key: str) -> Group:
    """One record, readable; raises `CatalogError` for a key that there is not."""
    exhibit = _find(folder, key)
    return render(exhibit.key, exhibit.cells, exhibit.outcome)


def picture_of_trajectory(folder: OutputFolder, key: str, role: str) -> Path:
    """Write one picture of a proven trajectory into the working folder and return its path."""
    if role not in ROLES:
        raise CatalogError(f"no picture {role!r}: there are {', '.join(ROLES)}")
    pictures = pictures_of(_find(folder, key).cells)
    if role not in pictures:
        raise CatalogError(
            f"{key} has no picture {role!r}: it came no further than {', '.join(pictures) or 'none'}"
        )
    data = folder.blobs.get(pictures[role].sha256)
    path = Path(f"{key}-{role}.{extension(data) or 'bin'}")
    write_bytes(path, data)
    return path


def write_pages(folder: OutputFolder) -> Path:
    """A page a domain; returns the index."""
    pages: dict[str, list[Exhibit]] = {}
    for path in _tables(folder):
        for domain, exhibit in _exhibits(path):
            pages.setdefault(domain, []).append(exhibit)
    return write_gallery(folder.root / "gallery", pages, folder.blobs)


def _find(folder: OutputFolder, key: str) -> Exhibit:
    for path in _tables(folder):
        for _, exhibit in _exhibits(path, key):
            return exhibit
    raise CatalogError(f'no record {key!r}: list them with `tracemill query "SELECT key FROM prompts"`')


def _tables(folder: OutputFolder) -> list[Path]:
    return sorted(folder.current.glob("[!.]*.parquet"))


def _exhibits(path: Path, key: str | None = None) -> Iterator[tuple[str, Exhibit]]:
    """Records of a bucket that have a prompt, with all that was written for them and their entity."""
    columns = ["position", "stage", "key", "entity_id", "domain", "outcome", "reason", "cells"]
    rows = pq.read_table(path, columns=columns, partitioning=None).sort_by("position").to_pylist()
    wanted = key.partition("-")[0] if key else None
    written: dict[str, dict[str, Any]] = {}
    last: dict[str, dict[str, Any]] = {}
    for row in rows:
        if wanted in (None, row["entity_id"]):
            cells = _decode_cells(row["cells"])
            decoded = {c: msgspec.json.decode(raw, type=COLUMNS[c]) for c, raw in cells.items()}
            written.setdefault(row["key"], {}).update(decoded)
            last[row["key"]] = row
    for entity_id in [name for name, cells in written.items() if "prompts" in cells]:
        entity = written.pop(entity_id)
        for prompt in entity.pop("prompts"):
            yield from _exhibit(prompt, entity, written.get(prompt.key, {}), last.get(prompt.key), key)


def _exhibit(
    prompt: Prompt, entity: dict[str, Any], cells: dict[str, Any], row: dict[str, Any] | None, key: str | None
) -> Iterator[tuple[str, Exhibit]]:
    if row is not None and key in (None, prompt.key):
        ended = row["outcome"] in (REJECTED, FAILED)
        outcome = f"{row['outcome']} by {row['stage']}: {row['reason']}" if ended else "proven"
        yield row["domain"], Exhibit(prompt.key, outcome, {**entity, "prompt": prompt, **cells})
