"""What a source lists, once for each revision of it, in a file in the order in which a sample is drawn.

    surveys/<source>.jsonl      an `EntityRef` a line, by domain and id; of equal ids, the first listed first

Sources list entities in an order of their own, and there are millions. They are sorted in runs that rest on
disk and are merged, so that memory is that of one run whatever the size of the source; and a sample, which is
a choice by domain and id, reads the file once from its beginning.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from heapq import merge
from pathlib import Path

import msgspec

from catalogs.digests import digest
from catalogs.errors import LedgerError
from catalogs.files import replacing
from catalogs.records import EntityRef
from catalogs.tombstones import Tombstones
from sources.interface import Encyclopedia

LAYOUT = "2"
"""Raised when surveys of an earlier version cannot be read: they were not in order."""

RUN_BYTES = 32 * 2**20
"""Lines that are sorted at a time, some 100,000. Seven million entities, as the English Wikipedia has, are 60
runs, which are open at once while they are merged."""


@dataclass(frozen=True)
class Survey:
    """The entities of a source, read anew by each iteration."""

    path: Path

    def __iter__(self) -> Iterator[EntityRef]:
        """By domain and id. One that is listed twice comes once, as first listed: two records of one key
        would fail the run at its end. Raises `LedgerError` at a line that is damaged or not in its place."""
        decoder = msgspec.json.Decoder(EntityRef)
        last = ("", "")
        with self.path.open("rb") as lines:
            for line in lines:
                try:
                    ref = decoder.decode(line)
                except (msgspec.MsgspecError, UnicodeDecodeError) as error:
                    raise self._damaged(error) from error
                place = (ref.domain, ref.entity_id)
                if place < last:
                    raise self._damaged(f"{ref.entity_id} is not in its place")
                if place != last:
                    yield ref
                last = place

    def _damaged(self, problem: object) -> LedgerError:
        return LedgerError(
            f"{self.path} is damaged ({problem}): delete it and run again; the source is listed anew"
        )


def survey(folder: Path, encyclopedia: Encyclopedia) -> Survey:
    """The survey of a source in `folder`, made unless it is there."""
    name = digest(f"{LAYOUT}/{encyclopedia.name}@{encyclopedia.revision}")[:16]
    path = folder / f"{name}.jsonl"
    if not path.exists():
        with replacing(path) as temporary, temporary.open("wb") as file:
            file.writelines(in_order(encyclopedia.survey(), folder))
    return Survey(path)


def strike(folder: Path, stones: Tombstones) -> None:
    """Take what was forgotten out of all surveys: they list every entity of a source, by title."""
    for path in sorted(folder.glob("[!.]*.jsonl")):
        with path.open("rb") as lines:
            if all(stones.found_in(line) is None for line in lines):
                continue
        with path.open("rb") as lines, replacing(path) as temporary, temporary.open("wb") as file:
            file.writelines(line for line in lines if stones.found_in(line) is None)


def in_order(refs: Iterable[EntityRef], scratch: Path, run_bytes: int = RUN_BYTES) -> Iterator[bytes]:
    """Lines of a survey. Runs are files in `scratch` without a name: nothing is left of them after a kill."""
    with ExitStack() as files:
        runs: list[Iterable[bytes]] = []
        held: list[bytes] = []
        size = 0
        for number, ref in enumerate(refs):
            held.append(_keyed(number, ref))
            size += len(held[-1])
            if size >= run_bytes:
                file = files.enter_context(tempfile.TemporaryFile(dir=scratch))
                file.writelines(_sorted(held))
                file.seek(0)
                runs.append(file)
                size = 0
        for line in merge(*runs, _sorted(held)):
            yield line.split(_TAB, 3)[3]


_TAB = b"\t"
"""Smaller than what a domain or an id is made of; JSON has none."""


def _keyed(number: int, ref: EntityRef) -> bytes:
    """A line behind what it is sorted by, as bytes that compare as the tuple would."""
    return f"{ref.domain}\t{ref.entity_id}\t{number:012}\t".encode() + msgspec.json.encode(ref) + b"\n"


def _sorted(lines: list[bytes]) -> Iterator[bytes]:
    """The lines in order, given up one by one: their list is empty at the end, and can be filled again."""
    lines.sort(reverse=True)
    while lines:
        yield lines.pop()
