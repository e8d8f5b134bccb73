"""What a split is cut from and compared with: reserved prompts, and the training set, of an output folder."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import msgspec
import polars as pl

from catalogs.digests import digest_of
from catalogs.errors import ShardError, SplitError
from catalogs.leaks import Collection, Item
from catalogs.manifest import Manifest, read_manifest
from catalogs.records import COLUMNS, Entity
from catalogs.splits.factip import BenchmarkItem
from catalogs.tombstones import tombstones
from pipelines.folder import OutputFolder

_STAGES = ("harvest", "prompt", "reserve")
"""Stages that write the columns that are needed here."""


@dataclass(frozen=True)
class SplitData:
    """Everything but the bytes of pictures."""

    items: list[BenchmarkItem]
    """Prompts of reserved entities, by key."""
    entities: Mapping[str, Entity]
    """All harvested entities, by id."""
    trajectories: pl.DataFrame
    """Training: key, entity_id, language, prompt, recaption, pictures (list of SHA-256)."""
    basis: str
    """`basis_of` the same folder and items."""

    @cached_property
    def training_entities(self) -> set[str]:
        return set(self.trajectories["entity_id"])

    def training(self, folder: OutputFolder) -> Collection:
        """The training set as a collection, its pictures from the blob store."""
        items = [
            Item(
                key=row["key"],
                prompt=row["prompt"],
                language=row["language"],
                entity_id=row["entity_id"],
                texts=(row["recaption"],),
                pictures=tuple(row["pictures"]),
            )
            for row in self.trajectories.iter_rows(named=True)
        ]
        return Collection(
            name="training",
            items=items,
            entities={i: self.entities[i] for i in sorted(self.training_entities) if i in self.entities},
            pictures=sorted({picture for item in items for picture in item.pictures}),
            load=folder.blobs.get,
        )


def read_split_data(folder: OutputFolder) -> SplitData:
    """From the sidecars that the manifest names and the current tables; raises `SplitError` before a run."""
    manifest = read_manifest(folder.root)
    if manifest is None:
        raise SplitError(f"{folder.root} has no manifest yet: run `tracemill run --out {folder.root}` first")
    cells = _cells(folder)
    entities = {key: _decoded("entity", cell) for key, cell in cells["entity"].items()}
    prompts = {
        prompt.key: prompt for cell in cells["prompts"].values() for prompt in _decoded("prompts", cell)
    }
    truth = {key: _decoded("ground_truth", cell) for key, cell in cells["ground_truth"].items()}
    items = [
        BenchmarkItem(entity=entities[entity], prompt=prompts[key], ground_truth=truth[entity])
        for key, cell in sorted(cells["reservation"].items())
        if _decoded("reservation", cell).split != "train"
        for entity in [key.partition("-")[0]]
    ]
    sidecars = [folder.root / entry.sidecar for entry in manifest.shardlist]
    return SplitData(items, entities, _trajectories(sidecars), basis_of(folder, manifest, items))


def basis_of(folder: OutputFolder, manifest: Manifest, items: Sequence[BenchmarkItem]) -> str:
    """Digest of all that splits rest on: reserved prompts, their entities with what was harvested of these,
    the shards that they are compared with, and what was forgotten."""
    stones = [[stone.kind, stone.value] for stone in tombstones(folder.root)]
    pool = sorted(items, key=lambda item: item.prompt.key)
    return digest_of([pool, sorted(entry.digest for entry in manifest.shardlist), sorted(stones)])


def _cells(folder: OutputFolder) -> dict[str, dict[str, bytes]]:
    """Column -> key -> its newest document, of the columns that `_STAGES` write."""
    decode = msgspec.json.Decoder(dict[str, msgspec.Raw]).decode
    found: dict[str, dict[str, bytes]] = {name: {} for name in COLUMNS}
    tables = sorted(folder.current.glob("[!.]*.parquet"))
    if tables:
        rows = (
            pl.scan_parquet(tables, glob=False, hive_partitioning=False)
            .filter(pl.col("stage").is_in(_STAGES))
            .select("position", "key", "cells")
            .sort("position", maintain_order=True)
            .collect()
        )
        for _, key, cells in rows.iter_rows():
            for column, document in decode(cells or "{}").items():
                found[column][key] = bytes(document)
    return found


def _trajectories(sidecars: list[Any]) -> pl.DataFrame:
    columns = ("key", "entity_id", "language", "prompt", "recaption")
    if not sidecars:
        empty = dict.fromkeys(columns, pl.String) | {"pictures": pl.List(pl.String)}
        return pl.DataFrame(schema=empty)
    pictures = pl.col("pictures").list.eval(pl.element().struct.field("sha256"))
    try:
        rows = pl.scan_parquet(sidecars, glob=False, hive_partitioning=False)
        return rows.select(*columns, pictures).sort("key").collect()
    except (pl.exceptions.PolarsError, OSError) as error:
        raise ShardError(f"a sidecar cannot be read ({error}): `tracemill check` says which") from error


def _decoded(column: str, cell: bytes) -> Any:
    return msgspec.json.decode(cell, type=COLUMNS[column])
