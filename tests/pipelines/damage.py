"""Kinds of damage to an output folder: how each is done, and what `tracemill check` must say of it."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec
import pyarrow as pa
import pyarrow.parquet as pq

from catalogs.arrow import from_table, to_table
from catalogs.ledger import Ledger
from catalogs.manifest import ShardEntry, read_manifest
from catalogs.sidecar import TrajectoryRow
from catalogs.tombstones import Tombstone, lay

CHEAP = "rules"
"""A stage that calls no model, so that computing its results anew takes no time."""


@dataclass(frozen=True)
class Damage:
    """One kind."""

    do: Callable[[Path], None]
    file: str
    """Pattern of the file that must be named."""
    what: str
    """Pattern of what must be said of it."""
    mend: Callable[[Path], None] | None = None
    """Where deleting is no way out: what the remedy asks for instead."""

    @property
    def name(self) -> str:
        return self.do.__name__.replace("_", "-")


def shards(out: Path) -> list[ShardEntry]:
    manifest = read_manifest(out)
    assert manifest is not None
    assert len(manifest.shardlist) >= 2
    return manifest.shardlist


def tar(out: Path) -> Path:
    return out / shards(out)[0].url


def sidecar(out: Path) -> Path:
    return out / shards(out)[0].sidecar


def first_row(out: Path) -> TrajectoryRow:
    return from_table(pq.read_table(sidecar(out), partitioning=None), TrajectoryRow)[0]


def segment(out: Path, stage: str = CHEAP) -> Path:
    """The ledger file of a stage for the bucket of the first shard."""
    entry = shards(out)[0]
    return next((out / "ledger" / stage).glob(f"*/{entry.domain}/{entry.bucket}.parquet"))


def table(out: Path) -> Path:
    entry = shards(out)[0]
    return out / "current" / f"{entry.domain}-{entry.bucket}.parquet"


def blob(out: Path, role: str = "test") -> Path:
    name = next(picture.sha256 for picture in first_row(out).pictures if picture.role == role)
    return out / "blobs" / name[:2] / name


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def flip(path: Path, at: int) -> None:
    data = bytearray(path.read_bytes())
    data[at] ^= 0xFF
    path.write_bytes(data)


def rewrite(path: Path, change: Callable[[dict[str, Any]], None]) -> None:
    document = json.loads(path.read_text())
    change(document)
    path.write_text(json.dumps(document))


def edit(path: Path, change: Callable[[list[dict[str, Any]]], None]) -> None:
    """Change rows of a Parquet file; its metadata stays."""
    before = pq.read_table(path, partitioning=None)
    rows = before.to_pylist()
    change(rows)
    pq.write_table(pa.Table.from_pylist(rows, schema=before.schema), path, compression="zstd")


# ---------------------------------------------------------------- shards and manifest


def shard_cut(out: Path) -> None:
    cut(tar(out))


def byte_of_a_picture_flipped(out: Path) -> None:
    flip(tar(out), first_row(out).pictures[0].offset + 100)


def shard_missing(out: Path) -> None:
    tar(out).unlink()


def sidecar_missing(out: Path) -> None:
    sidecar(out).unlink()


def sidecar_cut(out: Path) -> None:
    cut(sidecar(out))


def offsets_shifted(out: Path) -> None:
    rows = from_table(pq.read_table(sidecar(out), partitioning=None), TrajectoryRow)
    moved = [msgspec.structs.replace(picture, offset=picture.offset + 512) for picture in rows[0].pictures]
    rows[0] = msgspec.structs.replace(rows[0], pictures=moved)
    pq.write_table(to_table(rows, TrajectoryRow), sidecar(out), compression="zstd")


def row_of_a_sidecar_dropped(out: Path) -> None:
    edit(sidecar(out), lambda rows: rows.__delitem__(0))


def manifest_malformed(out: Path) -> None:
    cut(out / "manifest.json")


def manifest_with_a_wrong_count(out: Path) -> None:
    rewrite(out / "manifest.json", lambda manifest: manifest["shardlist"][0].update(nsamples=99))


def manifest_with_a_wrong_total(out: Path) -> None:
    rewrite(out / "manifest.json", lambda manifest: manifest.update(trajectories=1))


def manifest_with_a_shard_twice(out: Path) -> None:
    rewrite(out / "manifest.json", lambda manifest: manifest["shardlist"].append(manifest["shardlist"][0]))


def manifest_without_a_shard(out: Path) -> None:
    rewrite(out / "manifest.json", lambda manifest: manifest["shardlist"].pop())


def manifest_missing(out: Path) -> None:
    (out / "manifest.json").unlink()


def shard_that_nobody_names(out: Path) -> None:
    shutil.copy(tar(out), out / "shards" / "toy-b-000000000000.tar")


def shards_of_two_buckets_swapped(out: Path) -> None:
    one, other = (out / entry.url for entry in shards(out)[:2])
    held = one.read_bytes()
    one.write_bytes(other.read_bytes())
    other.write_bytes(held)


# ---------------------------------------------------------------- blobs


def drawing_missing(out: Path) -> None:
    blob(out).unlink()


def ground_truth_missing(out: Path) -> None:
    blob(out, "target").unlink()


def candidate_altered(out: Path) -> None:
    flip(blob(out, "ref1"), 100)


def blob_cut(out: Path) -> None:
    cut(blob(out))


def blob_under_another_name(out: Path) -> None:
    path = blob(out)
    path.rename(path.with_name(path.name[:-4] + ("0000" if path.name[-4:] != "0000" else "1111")))


def foreign_file_among_blobs(out: Path) -> None:
    (out / "blobs" / "holiday.jpg").write_bytes(b"\xff\xd8\xff")


# ---------------------------------------------------------------- ledger and current tables


def segment_cut(out: Path) -> None:
    cut(segment(out))


def segment_of_garbage(out: Path) -> None:
    segment(out).write_bytes(b"garbage " * 100)


def segment_with_another_document(out: Path) -> None:
    def change(rows: list[dict[str, Any]]) -> None:
        rows[0]["cells"] = re.sub(r":(\d+)", ":9\\1", rows[0]["cells"], count=1)

    edit(segment(out), change)


def segment_missing(out: Path) -> None:
    segment(out).unlink()


def result_dropped_from_a_segment(out: Path) -> None:
    edit(segment(out), lambda rows: rows.__delitem__(0))


def journal_damaged_before_whole_frames(out: Path) -> None:
    """As if the run had been killed before it folded the journal in, and a byte had flipped since."""
    path = segment(out)
    stage, fingerprint, domain = path.relative_to(out / "ledger").parts[:3]
    whole = Ledger(out / "ledger").segment(stage, fingerprint, domain, path.stem)
    entries = list(whole.entries())
    assert len(entries) >= 2
    for entry in entries:
        whole.cells(entry)
    path.unlink()
    Ledger(out / "ledger").segment(stage, fingerprint, domain, path.stem).append(entries)
    flip(path.with_suffix(".journal"), 30)


def current_table_missing(out: Path) -> None:
    table(out).unlink()


def current_table_cut(out: Path) -> None:
    cut(table(out))


def current_table_with_another_outcome(out: Path) -> None:
    edit(table(out), lambda rows: rows[-1].update(outcome="rejected", reason="margin"))


# ---------------------------------------------------------------- what is made from these


def catalog_missing(out: Path) -> None:
    (out / "catalog.duckdb").unlink()


def catalog_cut(out: Path) -> None:
    cut(out / "catalog.duckdb")


def block_of_the_catalog_overwritten(out: Path) -> None:
    """Whole blocks, because some bytes of a block are padding that nobody reads."""
    path = out / "catalog.duckdb"
    data = bytearray(path.read_bytes())
    start, block = 3 * 4096, 2**18
    for at in range(start, len(data), block):
        data[at + 8 : at + 64] = bytes(56)
    path.write_bytes(data)


def picture_added_to_a_split(out: Path) -> None:
    """The slice has no reserved entity, so there is none to alter; see tests/catalogs/test_check.py."""
    (out / "splits" / "unified-bench" / "images").mkdir(exist_ok=True)
    shutil.copy(blob(out), out / "splits" / "unified-bench" / "images" / "0.png")


def file_of_a_split_missing(out: Path) -> None:
    (out / "splits" / "factip" / "test.json").unlink()


def split_without_a_report(out: Path) -> None:
    (out / "splits" / "unified-bench" / "report.json").unlink()


def report_missing(out: Path) -> None:
    (out / "report.html").unlink()


def survey_cut(out: Path) -> None:
    cut(next((out / "surveys").glob("*.jsonl")))


def line_of_a_survey_lost(out: Path) -> None:
    entity_id = first_row(out).entity_id.encode()
    for path in (out / "surveys").glob("*.jsonl"):
        path.write_bytes(b"\n".join(line for line in path.read_bytes().splitlines() if entity_id not in line))


def gallery_damaged(out: Path) -> None:
    path = next((out / "index").glob("gallery-*.npz"))
    flip(path, path.stat().st_size // 2)


def record_of_a_run_damaged(out: Path) -> None:
    cut(next((out / "runs").glob("*.json")))


def marker_damaged(out: Path) -> None:
    (out / "tracemill.json").write_text("{")


def write_the_layout(out: Path) -> None:
    (out / "tracemill.json").write_text('{"layout": 1}')


def leavings_of_a_killed_run(out: Path) -> None:
    (out / "shards" / ".tmp-1-toy-b.tar").write_bytes(b"half")
    (out / "splits" / ".tmp-1-factip").mkdir()
    (out / "splits" / ".tmp-1-factip" / "test.json").write_bytes(b"{")


def tombstones_damaged(out: Path) -> None:
    (out / "tombstones.jsonl").write_text('{"kind": "entity"')


def no_tombstones(out: Path) -> None:
    (out / "tombstones.jsonl").unlink()


def forgotten_picture_still_there(out: Path) -> None:
    lay(out, [Tombstone(kind="sha256", value=blob(out, "ref1").name, why="asked for", laid="2026-01-01")])


KINDS = [
    Damage(shard_cut, r"shards/.*\.tar", r"has \d+ bytes, not \d+"),
    Damage(byte_of_a_picture_flipped, r"shards/.*\.tar", r"SHA-256 .*ref1\.(png|jpg)"),
    Damage(shard_missing, r"shards/.*\.tar", "missing"),
    Damage(sidecar_missing, r"shards/.*\.parquet", "missing"),
    Damage(sidecar_cut, r"shards/.*\.parquet", "cannot be read"),
    Damage(offsets_shifted, r"shards/.*\.parquet", "rows are not those"),
    Damage(row_of_a_sidecar_dropped, r"shards/.*\.parquet", "rows are not those"),
    Damage(manifest_malformed, r"manifest\.json", "is damaged"),
    Damage(manifest_with_a_wrong_count, r"manifest\.json", "wrong about nsamples"),
    Damage(manifest_with_a_wrong_total, r"manifest\.json", "counts do not add up"),
    Damage(manifest_with_a_shard_twice, r"manifest\.json", "2 times"),
    Damage(manifest_without_a_shard, r"manifest\.json", "does not name"),
    Damage(manifest_missing, r"manifest\.json", "missing"),
    Damage(shard_that_nobody_names, r"shards/toy-b-0{12}\.tar", "not in the manifest"),
    Damage(shards_of_two_buckets_swapped, r"shards/.*\.tar", r"SHA-256|bytes"),
    Damage(drawing_missing, r"blobs/../\w{64}", "missing"),
    Damage(ground_truth_missing, r"blobs/../\w{64}", "missing"),
    Damage(candidate_altered, r"blobs/../\w{64}", "SHA-256 is not its name"),
    Damage(blob_cut, r"blobs/../\w{64}", "SHA-256 is not its name"),
    Damage(blob_under_another_name, r"blobs/../\w{64}", "SHA-256 is not its name"),
    Damage(foreign_file_among_blobs, r"blobs/holiday\.jpg", "is no blob"),
    Damage(segment_cut, r"ledger/.*\.parquet", "cannot be read"),
    Damage(segment_of_garbage, r"ledger/.*\.parquet", "cannot be read"),
    Damage(segment_with_another_document, r"ledger/.*\.parquet", "1 of .* not as their digests say"),
    Damage(segment_missing, r"current/.*\.parquet", "holds what the ledger does not: rules of"),
    Damage(result_dropped_from_a_segment, r"current/.*\.parquet", "holds what the ledger does not"),
    Damage(journal_damaged_before_whole_frames, r"ledger/.*\.journal", r"damaged at byte 0, before \d+"),
    Damage(current_table_missing, r"current/.*\.parquet", "missing"),
    Damage(current_table_cut, r"current/.*\.parquet", "cannot be read"),
    Damage(current_table_with_another_outcome, r"current/.*\.parquet", "holds what the ledger does not"),
    Damage(catalog_missing, r"catalog\.duckdb", "missing"),
    Damage(catalog_cut, r"catalog\.duckdb", "cannot be read"),
    Damage(block_of_the_catalog_overwritten, r"catalog\.duckdb", "cannot be read"),
    Damage(picture_added_to_a_split, "splits/unified-bench", "does not belong there"),
    Damage(file_of_a_split_missing, "splits/factip", r"test\.json.* is missing"),
    Damage(split_without_a_report, "splits/unified-bench", "has no report"),
    Damage(report_missing, r"report\.html", "missing"),
    Damage(survey_cut, r"surveys/.*\.jsonl", "cannot be read|less than"),
    Damage(line_of_a_survey_lost, r"surveys/.*\.jsonl", "lists 1 entities less"),
    Damage(gallery_damaged, r"index/gallery-.*\.npz", "is damaged"),
    Damage(record_of_a_run_damaged, r"runs/.*\.json", "cannot be read"),
    Damage(marker_damaged, r"tracemill\.json", "cannot be read", mend=write_the_layout),
    Damage(leavings_of_a_killed_run, r"(shards|splits)/\.tmp-.*", "left over"),
    Damage(tombstones_damaged, r"tombstones\.jsonl", "is damaged", mend=no_tombstones),
    Damage(forgotten_picture_still_there, r"blobs/.*|shards/.*", "forgotten", mend=no_tombstones),
]
