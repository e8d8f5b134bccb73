"""What endpoints and the web have answered, and a folder keeps: it goes with what is forgotten.

    calls/             replies of endpoints, each found by the digest of its request
    index/web/calls    answers of interfaces that a live source asks
    index/web/seen     what addresses of pictures brought
    index/web/blobs    pictures, by content

A call goes where only results that go rest on it (`catalogs.results.Entry.asked`), or where its reply names
what was forgotten, unless another result rests on it. Requests are not kept, so of a call that no result on
record rests on (made by an earlier version, or by a run that was killed) the reply alone can tell.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import msgspec

from catalogs.blobs import BlobStore
from catalogs.files import write_bytes
from catalogs.ledger import Ledger
from catalogs.tombstones import Tombstones
from pipelines.upkeep.naming import Naming
from sources.fetching.seen import FETCHED, REFUSED, Seen
from workers.endpoint.removal import remove_calls

TAKEN_DOWN = "forgotten"
"""Failure class of an address that is not asked for again."""


@dataclass
class Answers:
    """What went of them, and what did not."""

    calls: int = 0
    resting: int = 0
    """Calls that name something forgotten and stay, because other results rest on them."""
    untold: int = 0
    """Calls that stay and that no result on record rests on."""
    pages: int = 0
    """Of the web: answers of interfaces."""
    pictures: int = 0
    """Of the web: contents."""


def drop_answers(
    root: Path,
    ledger: Ledger,
    goes: Callable[[str, str], bool],
    stones: Tombstones,
    *,
    dry_run: bool = False,
) -> Answers:
    """Take answers out of an output folder; `goes` tells by key and stage which results are about to go."""
    naming, report = Naming(stones), Answers()
    gone, left = _asked(ledger, goes)

    def named(digest: bytes, reply: bytes) -> bool:
        return digest in naming.digests or naming.found_in(reply)

    def condemned(digest: bytes, reply: bytes) -> bool:
        if digest in left:
            report.resting += named(digest, reply)
            return False
        if digest in gone or named(digest, reply):
            return True
        report.untold += 1
        return False

    report.calls = remove_calls(root / "calls", condemned, dry_run=dry_run)
    web = root / "index" / "web"
    report.pages = remove_calls(web / "calls", named, dry_run=dry_run)
    report.pictures = _drop_pictures(web, stones, dry_run=dry_run)
    return report


def _asked(ledger: Ledger, goes: Callable[[str, str], bool]) -> tuple[set[bytes], set[bytes]]:
    """Calls that results rest on which go, and that others rest on."""
    gone: set[bytes] = set()
    left: set[bytes] = set()
    for place in ledger.segments():
        segment = ledger.alone(*place)
        for entry in segment.entries():
            (gone if goes(entry.key, place[0]) else left).update(segment.asked(entry))
    return gone, left


def _drop_pictures(web: Path, stones: Tombstones, *, dry_run: bool) -> int:
    """Contents first: the log, which tells what has to go, is changed last."""
    files = {path: _lines(path) for path in sorted((web / "seen").glob("*.jsonl"))}
    seen = [one for lines in files.values() for one in lines]
    needed = {one.sha256 for one in seen if one.outcome == FETCHED and not _is_struck(one, stones)}
    blobs, removed = BlobStore(web / "blobs"), 0
    for name in sorted({one.sha256 for one in seen if _is_struck(one, stones)} - needed - {""}):
        if blobs.path(name).exists():
            removed += 1
            if not dry_run:
                blobs.path(name).unlink()
    for path, lines in files.items():
        if not dry_run and any(_is_struck(one, stones) for one in lines):
            after = [_taken_down(one) if _is_struck(one, stones) else one for one in lines]
            write_bytes(path, b"".join(msgspec.json.encode(one) + b"\n" for one in after))
    return removed


def _lines(path: Path) -> list[Seen]:
    """Without one that a kill has torn."""
    found = []
    for line in path.read_bytes().splitlines():
        try:
            found.append(msgspec.json.decode(line, type=Seen))
        except msgspec.DecodeError:
            continue
    return found


def _is_struck(seen: Seen, stones: Tombstones) -> bool:
    named = bool({seen.url, seen.final_url} & stones.urls) or seen.sha256 in stones.sha256s
    return named and seen.kind != TAKEN_DOWN


def _taken_down(seen: Seen) -> Seen:
    """The address is remembered, so that nobody asks for it again."""
    return Seen(url=seen.url, outcome=REFUSED, kind=TAKEN_DOWN, detail="forgotten on request", at=seen.at)
