"""A disk that is full, read-only or limited ends a run in one line, and the same command goes on later."""

from __future__ import annotations

import os
import re
import resource
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from catalogs.check import check_output
from catalogs.errors import BlobError, CatalogError, FolderError, LedgerError, ShardError, StorageError
from catalogs.manifest import read_manifest
from catalogs.sql.database import query
from pipelines.run import Summary
from tests.pipelines import damage
from tests.pipelines.slices import DOMAINS, LIMIT, bring_up, files_of

MIB = 2**20


@dataclass
class Disk:
    """A small disk of its own, in memory."""

    path: Path

    def allow(self, size: int) -> None:
        """Make it hold so many bytes in all."""
        _mount("-o", f"remount,size={size}", str(self.path))

    def leave(self, free: int) -> None:
        """Make it hold so many bytes more than it does."""
        state = os.statvfs(self.path)
        used = (state.f_blocks - state.f_bfree) * state.f_frsize
        self.allow(used + max(free, state.f_frsize))

    def protect(self, *, on: bool) -> None:
        _mount("-o", f"remount,{'ro' if on else 'rw'}", str(self.path))


def _mount(*arguments: str) -> None:
    done = subprocess.run(["mount", *arguments], capture_output=True, text=True, check=False)
    if done.returncode:
        pytest.skip(f"no small disk can be made here: {done.stderr.strip()}")


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Disk]:
    if os.geteuid():
        pytest.skip("only root can make a small disk")
    path = tmp_path / "disk"
    path.mkdir()
    _mount("-t", "tmpfs", "-o", f"size={64 * MIB}", "tmpfs", str(path))
    try:
        yield Disk(path)
    finally:
        subprocess.run(["umount", "--lazy", str(path)], check=True)


@pytest.fixture
def out(locally: tuple[Path, Summary], disk: Disk) -> Path:
    """A finished folder on the small disk; what is made from its ledger is gone."""
    disk.allow(1024 * MIB)
    out = Path(shutil.copytree(locally[0], disk.path / "out"))
    for name in ("shards", "current", "splits"):
        shutil.rmtree(out / name)
    for name in ("manifest.json", "catalog.duckdb"):
        (out / name).unlink()
    return out


def from_command_line(out: Path, limit: int | None = None) -> subprocess.CompletedProcess[str]:
    """``tracemill run``; no file may grow beyond `limit` bytes."""
    arguments = ["run", "--runner", "local", "--out", str(out), "--limit", str(LIMIT), "--set", "gallery=0"]
    arguments += [word for domain in DOMAINS for word in ("--domain", domain)]
    command = [sys.executable, "-c", "from pipelines.cli import main; main()", *arguments]

    def confine() -> None:
        if limit is not None:
            resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))

    return subprocess.run(command, capture_output=True, text=True, check=False, preexec_fn=confine)


def must_equal(out: Path, whole: Path) -> None:
    assert check_output(out) == []
    for part in ("shards", "splits"):
        assert files_of(out / part) == files_of(whole / part)


def nothing_half_written(out: Path) -> None:
    """Whatever has its name is whole: problems that are left are about what is missing."""
    for problem in check_output(out):
        assert re.search("missing|not in the manifest|has no report", problem.what), problem


@pytest.mark.slow
def test_a_disk_that_fills_up_while_shards_and_catalog_are_written(
    locally: tuple[Path, Summary], disk: Disk, out: Path
) -> None:
    """Wherever it stops, the next try goes on from there."""
    refused = []
    for free in (0, 64, 256, 1024, 4096):
        disk.leave(free * 1024)
        try:
            bring_up(out, "local")
        except StorageError as error:
            refused.append(str(error))
            disk.leave(64 * MIB)
            nothing_half_written(out)
    assert all(says in error for error in refused for says in (str(out), "No space left", "free some space"))
    assert len(refused) >= 2
    disk.leave(64 * MIB)
    assert bring_up(out, "local").computed == 0, "everything finished was kept"
    must_equal(out, locally[0])


@pytest.mark.slow
def test_a_disk_that_fills_up_under_a_stage_fails_no_record(
    locally: tuple[Path, Summary], disk: Disk, out: Path
) -> None:
    """Drawings are computed anew; the first that cannot be stored ends the run."""
    drawn = {damage.blob(locally[0], "test").name}
    shutil.rmtree(out / "ledger" / "draw")
    for name in drawn:
        (out / "blobs" / name[:2] / name).unlink()
    disk.leave(0)
    with pytest.raises(StorageError, match="No space left on device"):
        bring_up(out, "local")
    disk.leave(64 * MIB)
    done = bring_up(out, "local")
    assert not any(stage.failed for stage in done.funnel.stages)
    must_equal(out, locally[0])


@pytest.mark.slow
def test_the_command_line_says_it_in_one_line(locally: tuple[Path, Summary], disk: Disk, out: Path) -> None:
    disk.leave(0)
    refused = from_command_line(out)
    assert refused.returncode == 2, refused.stderr
    assert refused.stderr.startswith("StorageError: ")
    assert len(refused.stderr.splitlines()) == 1
    disk.leave(64 * MIB)
    done = from_command_line(out)
    assert done.returncode == 0, done.stderr
    must_equal(out, locally[0])


@pytest.mark.slow
def test_a_fresh_run_on_a_small_disk_grows_with_the_disk(locally: tuple[Path, Summary], disk: Disk) -> None:
    """From the survey on: index, harvest, drawings, shards, catalog."""
    out = disk.path / "fresh"
    whole = sum(path.stat().st_size for path in locally[0].rglob("*") if path.is_file())
    for share in (0.02, 0.5, 0.9):
        disk.allow(int(whole * share))
        with pytest.raises(StorageError, match="free some space"):
            bring_up(out, "local")
    disk.allow(4 * whole + 64 * MIB)
    bring_up(out, "local")
    must_equal(out, locally[0])


@pytest.mark.slow
def test_a_limit_on_the_size_of_files_needs_no_root(locally: tuple[Path, Summary], tmp_path: Path) -> None:
    out = Path(shutil.copytree(locally[0], tmp_path / "out"))
    for name in ("shards", "current"):
        shutil.rmtree(out / name)
    refused = from_command_line(out, limit=16 * 1024)
    assert refused.returncode == 2, refused.stderr
    assert "ulimit -f" in refused.stderr
    assert from_command_line(out).returncode == 0
    must_equal(out, locally[0])


@pytest.mark.slow
def test_what_is_there_stays_readable_on_a_read_only_disk(locally: tuple[Path, Summary], disk: Disk) -> None:
    out = Path(shutil.copytree(locally[0], disk.path / "out"))
    disk.protect(on=True)
    try:
        for folder in (out, disk.path / "new"):
            with pytest.raises(FolderError, match=r"cannot be written.*Read-only file system"):
                bring_up(folder, "local")
        assert check_output(out) == []
        held = query(out / "catalog.duckdb", "SELECT count(*) AS n FROM trajectories")
        assert held["n"].to_pylist() == [locally[1].trajectories]
    finally:
        disk.protect(on=False)
    assert bring_up(out, "local").computed == 0
    must_equal(out, locally[0])


@pytest.mark.slow
def test_workers_of_ray_hand_the_refusal_to_the_driver(
    locally: tuple[Path, Summary], disk: Disk, out: Path
) -> None:
    disk.leave(0)
    with pytest.raises(StorageError, match="free some space") as refused:
        bring_up(out, "ray")
    assert "Traceback" not in str(refused.value)
    disk.leave(64 * MIB)
    bring_up(out, "ray")
    must_equal(out, locally[0])


def without_tables(out: Path) -> None:
    """So that the next run looks into the ledger."""
    shutil.rmtree(out / "current")


def segment_of_garbage(out: Path) -> None:
    damage.segment_of_garbage(out)
    without_tables(out)


def drawing_missing(out: Path) -> None:
    damage.drawing_missing(out)
    shutil.rmtree(out / "shards")


def candidate_altered(out: Path) -> None:
    damage.candidate_altered(out)
    shutil.rmtree(out / "shards")


MET = [
    pytest.param(
        damage.manifest_malformed, ShardError, r"manifest\.json is damaged .*: delete it and run again"
    ),
    pytest.param(damage.current_table_cut, LedgerError, r"current/.* cannot be read .*: delete this file"),
    pytest.param(segment_of_garbage, LedgerError, r"ledger/.* cannot be read .*: delete this file"),
    pytest.param(drawing_missing, BlobError, r"blobs/.* is missing: `tracemill check` names what to delete"),
    pytest.param(
        candidate_altered, BlobError, r"blobs/.* is damaged: `tracemill check` names what to delete"
    ),
    pytest.param(damage.marker_damaged, FolderError, r"tracemill\.json is damaged: write"),
    pytest.param(damage.tombstones_damaged, CatalogError, r"tombstones\.jsonl is damaged .*: restore it"),
    pytest.param(
        damage.record_of_a_run_damaged,
        CatalogError,
        r"runs/.*\.json is damaged .*: delete it",
    ),
    pytest.param(
        damage.survey_cut,
        CatalogError,
        r"surveys/.*\.jsonl is damaged .*: delete it",
    ),
]
"""Damage that a run meets, and the error that ends it."""


@pytest.mark.slow
@pytest.mark.parametrize(("do", "kind", "says"), MET)
def test_a_run_that_meets_damage_names_the_file_and_the_way_out(
    do: Callable[[Path], None],
    kind: type[CatalogError],
    says: str,
    locally: tuple[Path, Summary],
    tmp_path: Path,
) -> None:
    out = Path(shutil.copytree(locally[0], tmp_path / "out"))
    do(out)
    with pytest.raises(kind, match=says):
        bring_up(out, "local")


MENDED = (
    damage.shard_cut,
    damage.shard_missing,
    damage.sidecar_missing,
    damage.sidecar_cut,
    damage.manifest_with_a_wrong_count,
    damage.manifest_with_a_shard_twice,
    damage.manifest_missing,
    damage.shard_that_nobody_names,
    damage.current_table_missing,
    damage.catalog_missing,
    damage.split_without_a_report,
    damage.report_missing,
)


@pytest.mark.slow
def test_a_run_mends_what_it_made_from_the_ledger_by_itself(
    locally: tuple[Path, Summary], tmp_path: Path
) -> None:
    """Safe, because all of it is a function of the ledger, which is sound."""
    for do in MENDED:
        out = Path(shutil.copytree(locally[0], tmp_path / do.__name__))
        do(out)
        assert bring_up(out, "local").computed == 0
        assert read_manifest(out) == read_manifest(locally[0])
        must_equal(out, locally[0])
        shutil.rmtree(out)
