"""Looking at what was made: one trajectory in the terminal, all of them as pages, a picture as a file.

Everything is read from the current tables, so rejected records can be looked at, too.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import msgspec
import pyarrow.parquet as pq
from rich.console import Group

from catalogs.errors import CatalogError
from catalogs.files import write_bytes
from catalogs.records import COLUMNS, Prompt
from catalogs.results import FAILED, REJECTED
from catalogs.review.exhibits import PROVEN, RESERVED, UNFINISHED, Exhibit, attempts_of
from catalogs.review.gallery import write_gallery
from catalogs.review.show import render
from catalogs.shards import extension
from catalogs.sidecar import ROLES, pictures_of
from catalogs.sql.database import opened
from pipelines.folder import OutputFolder
from pipelines.settings import last_profile

_ENDED = (REJECTED, FAILED)
_decode_cells = msgspec.json.Decoder(dict[str, msgspec.Raw]).decode


def trajectory_of(folder: OutputFolder, key: str) -> Group:
    """One record, readable; raises `CatalogError` for a key that there is not."""
    return render(_find(folder, key))


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
    """Pages for each domain, made a bucket at a time; returns the index."""
    tables: dict[str, list[Path]] = {}
    for path in _tables(folder):
        domain, _, _ = path.stem.rpartition("-")
        tables.setdefault(domain, []).append(path)
    pages = {domain: _exhibits_of(paths) for domain, paths in tables.items()}
    return write_gallery(folder.root / "gallery", pages, folder.blobs, _least(folder))


def _least(folder: OutputFolder) -> dict[str, float]:
    """Thresholds of the proof as the newest run had them; none where no run is on record."""
    return dict(last_profile(folder).get("proof", {}))


def _exhibits_of(tables: Sequence[Path]) -> Iterator[Exhibit]:
    for path in tables:
        yield from _exhibits(path)


def _find(folder: OutputFolder, key: str) -> Exhibit:
    """The record of this key; an entity's id stands for what became of the entity itself."""
    near = _of_title(folder, key)
    for path in _tables(folder):
        for exhibit in _exhibits(path, entity_id=key.partition("-")[0]):
            if exhibit.key == key:
                return exhibit
            near.append(exhibit.key)
    known = (
        f"its entity has {', '.join(sorted(near))}"
        if near
        else 'list them with `tracemill query "FROM prompts"`'
    )
    raise CatalogError(f"no record {key!r}: {known}")


def _of_title(folder: OutputFolder, title: str) -> list[str]:
    """Keys of the prompts of entities with this title, in any case; none where there is no catalog yet."""
    if not folder.database.exists():
        return []
    asked = (
        "SELECT key FROM prompts JOIN entities USING (entity_id) WHERE lower(title) = lower(?) ORDER BY key"
    )
    with opened(folder.database) as database:
        return [key for (key,) in database.execute(asked, [title]).fetchall()]


def _tables(folder: OutputFolder) -> list[Path]:
    return sorted(folder.current.glob("[!.]*.parquet"))


def _exhibits(path: Path, entity_id: str | None = None) -> Iterator[Exhibit]:
    """Records of a bucket with all that was written for them: prompts, and entities that came to none."""
    columns = ["position", "stage", "grain", "key", "entity_id", "outcome", "reason", "detail", "cells"]
    wanted = [("entity_id", "==", entity_id)] if entity_id is not None else None
    table = pq.read_table(path, columns=columns, partitioning=None, filters=wanted)
    written: dict[str, dict[str, Any]] = {}
    last: dict[str, dict[str, Any]] = {}
    for row in table.sort_by([("position", "ascending"), ("key", "ascending")]).to_pylist():
        decoded = {
            c: msgspec.json.decode(raw, type=COLUMNS[c]) for c, raw in _decode_cells(row["cells"]).items()
        }
        written.setdefault(row["key"], {}).update(decoded)
        last[row["key"]] = row
    for row in [row for row in last.values() if row["grain"] == "entity"]:
        entity = written[row["key"]]
        prompts: list[Prompt] = entity.pop("prompts", [])
        if row["outcome"] in _ENDED:
            yield _exhibit(row, entity)
        for prompt in prompts:
            if prompt.key in last:
                yield _exhibit(last[prompt.key], {**entity, "prompt": prompt, **written[prompt.key]})


def _exhibit(row: dict[str, Any], cells: dict[str, Any]) -> Exhibit:
    if row["outcome"] in _ENDED:
        verdict = RESERVED if row["reason"] == RESERVED else row["outcome"]
        return Exhibit(row["key"], verdict, cells, row["stage"], row["reason"], row["detail"])
    if any(attempt.verdict.passed for attempt in attempts_of(cells)):
        return Exhibit(row["key"], PROVEN, cells)
    return Exhibit(row["key"], UNFINISHED, cells, row["stage"])
