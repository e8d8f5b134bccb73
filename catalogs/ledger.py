"""The ledger: every result of every stage, found again by (record, stage, fingerprint, inputs).

    ledger/<stage>/<fingerprint>/stage.json                    what the fingerprint covers, to be read
    ledger/<stage>/<fingerprint>/<domain>/<bucket>.parquet     results of one bucket, whole
    ledger/<stage>/<fingerprint>/<domain>/<bucket>.journal     results not yet folded in

A *segment* is the pair of files for one bucket. Results are appended to the journal as batches finish and
folded into the Parquet file when the bucket's stage is done, so that a killed run loses at most the batch
it was in. Segments of other fingerprints stay, which makes going back to an earlier version free.

Buckets are named by a prefix of the record's hash. When a bucket splits, its children find the results in
the parent's segment, because names of relatives are prefixes of one another.
"""

from __future__ import annotations

import os
from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import msgspec
import pyarrow.parquet as pq

from catalogs.digests import encode
from catalogs.files import TEMPORARY, replacing, storing, write_bytes
from catalogs.results import (
    FAILED,
    Cells,
    Entry,
    calls_in,
    frame,
    read_cells,
    read_index,
    read_journal,
    to_table,
)

DESCRIPTION = "stage.json"


class Segment:
    """Results of one stage, under one fingerprint, for one bucket."""

    def __init__(self, folder: Path, bucket: str, relatives: Iterable[str] = ()) -> None:
        """`relatives`: names of files in `folder`, of buckets which this one came from or became."""
        self._parquet = folder / f"{bucket}.parquet"
        self._journal = folder / f"{bucket}.journal"
        self._entries: dict[tuple[str, str], Entry] = {}
        self._files_of_cells: dict[tuple[str, str], Path] = {}
        self._elsewhere: set[tuple[str, str]] = set()
        self._fresh: set[tuple[str, str]] = set()
        self._whole = 0
        # The bucket's own files come last, journal after Parquet, so that the newest result wins. A failure
        # of the bucket may be older than the result of one that it was split into.
        for path in (*(folder / name for name in relatives), self._parquet, self._journal):
            own = path in (self._parquet, self._journal)
            try:
                if path.suffix == ".journal":
                    entries, whole = read_journal(path)
                    self._whole = whole if own else 0
                    for entry in entries:
                        self._remember(entry, own=own, fresh=own)
                else:
                    for entry in read_index(path):
                        self._remember(entry, own=own, cells_in=path)
            except FileNotFoundError:
                continue

    def _remember(
        self, entry: Entry, *, own: bool, cells_in: Path | None = None, fresh: bool = False
    ) -> None:
        """Take a result up in place of an earlier one; a failure takes the place of failures alone."""
        identity = (entry.key, entry.inputs)
        if fresh:
            self._fresh.add(identity)
        known = self._entries.get(identity)
        if known is not None and entry.outcome == FAILED != known.outcome:
            return
        self._entries[identity] = entry
        (self._elsewhere.discard if own else self._elsewhere.add)(identity)
        if cells_in is not None:
            self._files_of_cells[identity] = cells_in
        else:
            self._files_of_cells.pop(identity, None)

    def find(self, key: str, inputs: str) -> Entry | None:
        """The result for exactly these inputs, without its cells; see `cells`."""
        return self._entries.get((key, inputs))

    def cells(self, entry: Entry) -> Cells:
        """The documents that a result wrote. The first call reads the file they rest in, as a whole."""
        path = self._files_of_cells.get((entry.key, entry.inputs))
        if path is not None:
            for key, inputs, cells, asked in read_cells(path):
                known = self._entries.get((key, inputs))
                if known is not None and self._files_of_cells.get((key, inputs)) == path:
                    known.cells, known.asked = cells, asked
                    del self._files_of_cells[key, inputs]
        return self._entries[entry.key, entry.inputs].cells

    def asked(self, entry: Entry) -> set[bytes]:
        """Digests of the calls that a result rests on; they are read with the documents."""
        self.cells(entry)
        return calls_in(self._entries[entry.key, entry.inputs].asked)

    def append(self, entries: Iterable[Entry]) -> None:
        """Journal results at once; they survive the death of the process. Raises `StorageError`."""
        entries = list(entries)
        if not entries:
            return
        frames = b"".join(frame(entry) for entry in entries)
        with storing(self._journal):
            self._journal.parent.mkdir(parents=True, exist_ok=True)
            with self._journal.open("ab") as journal:
                if journal.tell() > self._whole:
                    journal.truncate(self._whole)  # a torn frame would hide what follows it
                journal.write(frames)
        self._whole += len(frames)
        for entry in entries:
            self._remember(entry, own=True, fresh=True)

    def commit(self) -> bool:
        """Fold the journal into the Parquet file; False where there was nothing to fold."""
        if not self._fresh:
            return False
        self._write()
        return True

    def entries(self) -> Iterator[Entry]:
        """All results, without their cells, in no particular order."""
        yield from self._entries.values()

    def drop(self, condemned: Callable[[Entry], bool]) -> list[Entry]:
        """Take results of the bucket's own files out for good, and write these anew without them."""
        gone = [entry for entry in self._own() if condemned(entry)]
        for entry in gone:
            del self._entries[entry.key, entry.inputs]
        if gone:
            self._write()
        return gone

    def _own(self) -> list[Entry]:
        """What the bucket's own files hold. What rests with a relative stays there alone: a bucket that
        splits into many would else be copied into each of them."""
        return [self._entries[identity] for identity in sorted(self._entries.keys() - self._elsewhere)]

    def _write(self) -> None:
        ordered = self._own()
        for entry in ordered:
            self.cells(entry)
        with replacing(self._parquet) as temporary:
            pq.write_table(to_table(ordered), temporary, compression="zstd")
        self._journal.unlink(missing_ok=True)
        self._whole = 0
        self._fresh.clear()


class Ledger:
    """All segments below one folder."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self._listings: dict[Path, tuple[int, list[str]]] = {}

    def segment(self, stage: str, fingerprint: str, domain: str, bucket: str) -> Segment:
        folder = self.root / stage / fingerprint / domain
        return Segment(folder, bucket, self._relatives(folder, bucket))

    def alone(self, stage: str, fingerprint: str, domain: str, bucket: str) -> Segment:
        """A segment without what its relatives hold: for whoever goes through all `segments`."""
        return Segment(self.root / stage / fingerprint / domain, bucket)

    def describe(self, stage: str, fingerprint: str, declaration: Mapping[str, Any]) -> None:
        """Keep what a fingerprint covers beside its results, so that a later one can be told from it."""
        path = self.root / stage / fingerprint / DESCRIPTION
        if not path.exists():
            write_bytes(path, encode(declaration))

    def declarations(self, stage: str) -> dict[str, dict[str, Any]]:
        """Fingerprint -> what it covers, for every version of a stage that has results; newest first."""
        paths = sorted((self.root / stage).glob(f"*/{DESCRIPTION}"), key=lambda p: -p.stat().st_mtime_ns)
        return {path.parent.name: msgspec.json.decode(path.read_bytes()) for path in paths}

    def segments(self) -> Iterator[tuple[str, str, str, str]]:
        """(stage, fingerprint, domain, bucket) of every segment, sorted."""
        found = {
            (*path.relative_to(self.root).parts[:3], path.stem)
            for suffix in ("parquet", "journal")
            for path in self.root.glob(f"*/*/*/[!.]*.{suffix}")
        }
        yield from sorted(found)  # type: ignore[misc]  # four parts

    def _relatives(self, folder: Path, bucket: str) -> list[str]:
        """Files of buckets whose name is a prefix of this one's, or the other way round, older name first."""
        names = self._names(folder)
        ancestors = [bucket[:length] for length in range(1, len(bucket))]
        found = [f"{name}{suffix}" for name in ancestors for suffix in (".parquet", ".journal")]
        start = bisect_left(names, bucket)
        while start < len(names) and names[start].startswith(bucket):
            if names[start].partition(".")[0] != bucket:
                found.append(names[start])
            start += 1
        return found

    def _names(self, folder: Path) -> list[str]:
        """Sorted names of the files in a folder, listed anew when it has changed."""
        try:
            changed = folder.stat().st_mtime_ns
        except FileNotFoundError:
            return []
        known = self._listings.get(folder)
        if known is None or known[0] != changed:
            names = sorted(file.name for file in os.scandir(folder) if not file.name.startswith(TEMPORARY))
            known = self._listings[folder] = changed, names
        return known[1]
