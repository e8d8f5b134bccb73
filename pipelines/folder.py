"""The output folder: what is in it, who is at work in it, and whether it can be used at all."""

from __future__ import annotations

import json
import os
import shutil
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import psutil

from catalogs.blobs import BlobStore
from catalogs.errors import FolderError
from catalogs.files import TEMPORARY, write_bytes, write_if_changed
from catalogs.ledger import Ledger

MARKER = "tracemill.json"
LAYOUT = 1
"""Version of the folder's layout, written into the marker."""


@dataclass(frozen=True)
class OutputFolder:
    """Paths below one output folder. The folder can be moved: nothing in it holds an absolute path."""

    root: Path

    @property
    def ledger(self) -> Ledger:
        return Ledger(self.root / "ledger")

    @property
    def blobs(self) -> BlobStore:
        return BlobStore(self.root / "blobs")

    @property
    def surveys(self) -> Path:
        return self.root / "surveys"

    @property
    def index(self) -> Path:
        """Text indexes and galleries: made from the source, reused, safe to delete."""
        return self.root / "index"

    @property
    def current(self) -> Path:
        """One Parquet file a bucket: the results that the newest run of that bucket rests on."""
        return self.root / "current"

    @property
    def runs(self) -> Path:
        return self.root / "runs"

    @property
    def shards(self) -> Path:
        return self.root / "shards"

    @property
    def splits(self) -> Path:
        return self.root / "splits"

    @property
    def manifest(self) -> Path:
        return self.root / "manifest.json"

    @property
    def database(self) -> Path:
        return self.root / "catalog.duckdb"


def open_folder(root: Path, *, create: bool = False) -> OutputFolder:
    """Open an output folder, or make one; raises `FolderError` with what to do."""
    folder = OutputFolder(root)
    marker = root / MARKER
    if marker.exists():
        try:
            layout = json.loads(marker.read_text())["layout"]
        except (ValueError, KeyError, TypeError) as error:
            raise FolderError(
                f'{marker} is damaged: write {{"layout": {LAYOUT}}} into it and run `tracemill check`'
            ) from error
        if layout != LAYOUT:
            raise FolderError(
                f"{root} has layout {layout}, this version knows {LAYOUT}: use the version that wrote it, "
                "or choose another folder with --out"
            )
        return folder
    if not create:
        raise FolderError(f"{root} is no output folder (no {MARKER}): run `tracemill run --out {root}` first")
    if root.exists() and not root.is_dir():
        raise FolderError(f"{root} is a file: choose a folder with --out")
    if root.exists() and any(root.iterdir()):
        raise FolderError(f"{root} holds other files and no {MARKER}: choose an empty folder with --out")
    try:
        root.mkdir(parents=True, exist_ok=True)
        write_bytes(marker, json.dumps({"layout": LAYOUT}).encode())
    except OSError as error:
        raise FolderError(f"{root} cannot be written ({error}): choose another folder with --out") from error
    return folder


def claim(folder: OutputFolder, source: str) -> None:
    """Hold a folder to the source of its first run: two worlds in one manifest would push each other out."""
    marker = folder.root / MARKER
    fields = json.loads(marker.read_text())
    held = fields.setdefault("source", source)
    if held != source:
        raise FolderError(
            f"{folder.root} holds the source {held}, not {source}: choose another folder with --out"
        )
    write_if_changed(marker, json.dumps(fields).encode())


@contextmanager
def locked(folder: OutputFolder) -> Iterator[None]:
    """Hold the folder for one run; a lock whose process is gone is taken over, and its leavings are removed.

    A lock from another host cannot be checked from here and counts as held.
    """
    path = folder.root / "run.lock"
    mine = {"host": socket.gethostname(), "pid": os.getpid(), "started": _process_start(os.getpid())}
    body = json.dumps(mine | {"since": datetime.now(UTC).isoformat(timespec="seconds")}).encode()
    taken_over = False
    while True:
        try:
            descriptor = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o644)
        except FileExistsError:
            _refuse_or_clear(path)
            taken_over = True
            continue
        except OSError as error:
            raise FolderError(
                f"{folder.root} cannot be written ({error}): choose another with --out"
            ) from error
        with os.fdopen(descriptor, "wb") as lock:
            lock.write(body)
        break
    try:
        if taken_over:
            _remove_leavings(folder.root)
        yield
    finally:
        path.unlink(missing_ok=True)


def _refuse_or_clear(path: Path) -> None:
    try:
        held = json.loads(path.read_text())
    except (FileNotFoundError, ValueError):
        held = {}
    elsewhere = held.get("host") not in (None, socket.gethostname())
    if held and (elsewhere or _process_start(held["pid"]) == held["started"]):
        raise FolderError(
            f"{path.parent} is in use by process {held['pid']} on {held['host']} since {held['since']}: "
            f"wait for it, or, if it is surely gone, delete {path}"
        )
    path.unlink(missing_ok=True)


def _remove_leavings(root: Path) -> None:
    """What a killed run was writing. Only then is there any, so no other run searches the whole folder."""
    for path in sorted(root.rglob(f"{TEMPORARY}*"), reverse=True):
        if path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink()


def _process_start(pid: int) -> float | None:
    try:
        return float(psutil.Process(pid).create_time())
    except psutil.Error:
        return None
