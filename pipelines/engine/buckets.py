"""Buckets: a domain cut by a prefix of the record id's hash (rule 4).

A bucket that holds too many entities splits into two by the next bit; the others keep their name and
their bytes. Which buckets there are is a function of the set of entity ids alone.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import msgspec

from catalogs.records import EntityRef

ROOT = "b"
"""Name of the bucket that holds a whole domain; each bit of the prefix appends a digit: ``b01``."""

LARGEST = 48
"""Entities a bucket. With three languages this is some 100 trajectories and 5 MB a shard in the sample
world, and enough buckets to keep a few workers busy; a profile for a large world sets more."""


@dataclass(frozen=True)
class Bucket:
    """What is scheduled, looked up and written as one shard."""

    domain: str
    name: str
    refs: tuple[EntityRef, ...]

    @property
    def label(self) -> str:
        return f"{self.domain}-{self.name}"

    def to_row(self) -> dict[str, str]:
        """As a row of a dataset: three strings."""
        refs = msgspec.json.encode(self.refs).decode()
        return {"domain": self.domain, "bucket": self.name, "refs": refs}

    @classmethod
    def from_row(cls, row: dict[str, str]) -> Bucket:
        refs = msgspec.json.decode(row["refs"], type=tuple[EntityRef, ...])
        return cls(row["domain"], row["bucket"], refs)


def partition(refs: Iterable[EntityRef], largest: int = LARGEST) -> list[Bucket]:
    """All buckets, by domain and name; entities inside by id."""
    by_domain: dict[str, list[EntityRef]] = {}
    for ref in refs:
        by_domain.setdefault(ref.domain, []).append(ref)
    buckets: list[Bucket] = []
    for domain in sorted(by_domain):
        members = sorted(by_domain[domain], key=lambda ref: ref.entity_id)
        buckets += _split(domain, ROOT, members, largest)
    return buckets


def _split(domain: str, name: str, refs: Sequence[EntityRef], largest: int) -> list[Bucket]:
    depth = len(name) - len(ROOT)
    if len(refs) <= largest or depth >= 64:
        return [Bucket(domain, name, tuple(refs))] if refs else []
    halves: tuple[list[EntityRef], list[EntityRef]] = ([], [])
    for ref in refs:
        halves[_bit(ref.entity_id, depth)].append(ref)
    return _split(domain, name + "0", halves[0], largest) + _split(domain, name + "1", halves[1], largest)


def _bit(entity_id: str, position: int) -> int:
    return int(entity_id, 16) >> (63 - position) & 1
