"""Tombstones: what was forgotten on request, so that it never returns.

    tombstones.jsonl    one line each, in the order in which they were laid

They are in no fingerprint: the results that they would change are taken out when they are laid
(`pipelines.upkeep.forget`), and what is computed later goes through them.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import msgspec

from catalogs.errors import CatalogError
from catalogs.files import write_bytes
from catalogs.records import Record

FILE = "tombstones.jsonl"

KINDS = ("entity", "url", "licence", "sha256")


class Tombstone(Record, frozen=True, kw_only=True):
    """One thing that was forgotten."""

    kind: str
    """``entity`` (id), ``url`` (of a page or picture), ``licence`` or ``sha256`` (of a picture)."""
    value: str
    why: str
    laid: str
    """ISO 8601 time."""


@dataclass(frozen=True)
class Tombstones:
    """All of them, to be asked."""

    entities: frozenset[str] = frozenset()
    urls: frozenset[str] = frozenset()
    licences: frozenset[str] = frozenset()
    sha256s: frozenset[str] = frozenset()

    def __bool__(self) -> bool:
        return bool(self.entities or self.urls or self.licences or self.sha256s)

    def found_in(self, document: bytes) -> str | None:
        """What of the forgotten a JSON document names as the origin, licence or content of anything; None
        where it names nothing of it."""
        if not self:
            return None
        for name, text in _FIELDS.findall(document):
            value = msgspec.json.decode(b'"' + text + b'"')
            if value in self._of(name.decode()):
                return f"{name.decode()} {value}"
        return None

    def _of(self, name: str) -> frozenset[str]:
        if name == "sha256":
            return self.sha256s
        if name == "licence":
            return self.licences
        return self.entities if name == "entity_id" else self.urls


_FIELDS = re.compile(rb'"(url|page_url|sha256|licence|entity_id)":"((?:[^"\\]|\\.)*)"')


def read_tombstones(out: Path) -> Tombstones:
    """Those of an output folder; raises `CatalogError` for a damaged file, because guessing would let
    forgotten things return."""
    return together(tombstones(out))


def together(stones: Iterable[Tombstone]) -> Tombstones:
    """Several as one, to be asked."""
    laid: dict[str, set[str]] = {kind: set() for kind in KINDS}
    for stone in stones:
        laid[stone.kind].add(stone.value)
    return Tombstones(
        entities=frozenset(laid["entity"]),
        urls=frozenset(laid["url"]),
        licences=frozenset(laid["licence"]),
        sha256s=frozenset(laid["sha256"]),
    )


def tombstones(out: Path) -> list[Tombstone]:
    """In the order in which they were laid."""
    path = out / FILE
    try:
        lines = path.read_bytes().splitlines()
    except FileNotFoundError:
        return []
    try:
        stones = [msgspec.json.decode(line, type=Tombstone) for line in lines]
    except msgspec.MsgspecError as error:
        raise CatalogError(f"{path} is damaged ({error}): restore it from a copy of the folder") from error
    unknown = [stone.kind for stone in stones if stone.kind not in KINDS]
    if unknown:
        raise CatalogError(f"{path} speaks of {unknown[0]!r}: this version knows {', '.join(KINDS)}")
    return stones


def lay(out: Path, stones: Iterable[Tombstone]) -> None:
    """Add to the file; it is replaced as a whole."""
    known = tombstones(out)
    held = {(stone.kind, stone.value) for stone in known}
    new = [stone for stone in stones if (stone.kind, stone.value) not in held]
    write_bytes(out / FILE, b"".join(msgspec.json.encode(stone) + b"\n" for stone in (*known, *new)))
