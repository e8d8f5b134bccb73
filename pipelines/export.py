"""Export: from an output folder to a folder that a trainer reads."""

from __future__ import annotations

from pathlib import Path

from catalogs.errors import CatalogError, FolderError
from catalogs.exports import (
    ExportError,
    Index,
    Settings,
    check_export,
    format_of,
    training,
    write_export,
)
from catalogs.exports.factip import benchmark
from catalogs.exports.parts import HOME
from catalogs.exports.samples import Source
from catalogs.files import storing, write_bytes
from catalogs.manifest import read_manifest
from catalogs.splits.factip import FactipReport
from catalogs.splits.reports import read_report
from pipelines.engine.locks import locked
from pipelines.folder import OutputFolder


def export(
    folder: OutputFolder,
    to: Path,
    name: str,
    settings: Settings,
) -> Index:
    """Write or bring up to date the export at `to`, then read it as its target does.

    Raises `ExportError` where the target would not take every sample, `FolderError` for a folder that cannot
    be written to or is in use, `ShardError` for damaged shards.
    """
    form = format_of(name, settings.split)
    sources = _sources(folder, settings)
    _claim(to, f"{name} of {settings.split}")
    with storing(to), locked(OutputFolder(to / HOME), [name]):
        index = write_export(to, sources, form, settings, folder.blobs)
    if problems := check_export(to):
        first = problems[0]
        raise ExportError(
            f"{len(problems)} problems in {to}, the first in {first.file}: {first.what}. "
            f"List them with `tracemill export --check {to}`"
        )
    return index


def _sources(folder: OutputFolder, settings: Settings) -> list[Source]:
    if settings.split == "factip":
        report = read_report(folder.splits / "factip", FactipReport)
        if report is not None and (report.leaks is None or not report.leaks.by_eye):
            raise ExportError(
                f"the pictures of the split in {folder.splits / 'factip'} were not compared with those of "
                f"training: run `tracemill split factip --out {folder.root}` first"
            )
        return benchmark(folder.root)
    manifest = read_manifest(folder.root)
    if manifest is None or not manifest.shardlist:
        raise CatalogError(f"{folder.root} has no shards: run `tracemill run --out {folder.root}` first")
    return training(folder.root, manifest)


def _claim(to: Path, name: str) -> None:
    """Hold a folder to one format and split: another one's files would be read along."""
    marker = to / HOME / "format"
    if marker.exists():
        held = marker.read_text().strip()
        if held != name:
            raise FolderError(f"{to} holds an export as {held}, not {name}: choose another folder with --to")
        return
    if to.exists() and (not to.is_dir() or any(to.iterdir())):
        raise FolderError(f"{to} holds other files: choose an empty folder with --to")
    write_bytes(marker, f"{name}\n".encode())
