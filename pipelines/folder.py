"""The output folder: what is in it, and whether it can be used at all."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

from catalogs.blobs import BlobStore
from catalogs.errors import FolderError
from catalogs.files import TEMPORARY, write_bytes, write_if_changed
from catalogs.ledger import Ledger

MARKER = "tracemill.json"
SCORES = "scores"
"""What `tracemill score` keeps in an output folder, which it may do before there is any run."""
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
        """What is made from the source and used again: text and picture indexes, galleries.

        All can be made anew except ``web`` inside: answers of live services, some paid for, and how many
        requests were made of them.
        """
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
    if root.exists() and any(_is_foreign(path.name) for path in root.iterdir()):
        raise FolderError(f"{root} holds other files and no {MARKER}: choose an empty folder with --out")
    try:
        root.mkdir(parents=True, exist_ok=True)
        write_bytes(marker, json.dumps({"layout": LAYOUT}).encode())
    except OSError as error:
        raise FolderError(f"{root} cannot be written ({error}): choose another folder with --out") from error
    return folder


def _is_foreign(name: str) -> bool:
    """Whether a file or folder was there before the marker. One that has not its name yet is the marker of
    another process, which makes the same folder now or was killed while it did."""
    return name != SCORES and not name.startswith(TEMPORARY)


def claim(folder: OutputFolder, source: str) -> None:
    """Hold a folder to the source of its first run: two worlds in one manifest would push each other out."""
    must_hold(folder, source)
    marker = folder.root / MARKER
    fields = {**json.loads(marker.read_text()), "source": source}
    write_if_changed(marker, json.dumps(fields).encode())


def must_hold(folder: OutputFolder, source: str) -> None:
    """Raise `FolderError` where a folder is held to another source."""
    held = json.loads((folder.root / MARKER).read_text()).get("source", source)
    if held != source:
        raise FolderError(
            f"{folder.root} holds the source {held}, not {source}: name the former with --source, "
            "or choose another folder with --out"
        )
