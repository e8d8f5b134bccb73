"""What a leak takes out of a split: its item, all items of its entity, or one of its pictures."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable

from catalogs.leaks.records import NOTED, Collection, Compared, Leak, Thresholds
from catalogs.leaks.search import Found
from catalogs.records import Record


class Removal(Record, frozen=True, kw_only=True):
    """Why something is not in the split: the first of its leaks."""

    what: str
    """Key of an item, or name of a picture."""
    level: str
    kind: str
    against: str
    theirs: str
    measure: float
    detail: str
    leaks: int
    """How many leaks it has in all."""


class LeakReport(Record, frozen=True, kw_only=True):
    """What was compared, with which thresholds, what was removed and why."""

    thresholds: Thresholds
    compared: list[Compared]
    found: dict[str, int]
    """``level/kind`` -> number of leaks."""
    noted: dict[str, int]
    """Of these, such as remove nothing."""
    removed_items: list[Removal]
    removed_pictures: list[Removal]

    @property
    def by_eye(self) -> bool:
        """Whether pictures were compared with everything by what they show, and not by their bytes alone."""
        return all(one.by_eye for one in self.compared)


def removals(ours: Collection, found: Found, *, with_items: bool = False) -> LeakReport:
    """Items and pictures that have to leave.

    A picture of a benchmark leaves alone: its item goes on while it has others, and whoever writes the split
    drops an item that is left with too few. `with_items` takes out every item that has the picture: a
    trajectory is made from all of its pictures.
    """
    by_entity: dict[str, list[str]] = defaultdict(list)
    by_picture: dict[str, list[str]] = defaultdict(list)
    for item in ours.items:
        by_entity[item.entity_id].append(item.key)
        for picture in item.pictures if with_items else ():
            by_picture[picture].append(item.key)
    owners = {"entity": by_entity, "picture": by_picture}
    items: dict[str, list[Leak]] = defaultdict(list)
    pictures: dict[str, list[Leak]] = defaultdict(list)
    for leak in found.leaks:
        if leak.kind in NOTED:
            continue
        if leak.level == "picture":
            pictures[leak.ours].append(leak)
        for key in owners[leak.level][leak.ours] if leak.level in owners else [leak.ours]:
            items[key].append(leak)
    counts = _counted(found.leaks)
    return LeakReport(
        thresholds=found.thresholds,
        compared=found.compared,
        found=counts,
        noted={kind: count for kind, count in counts.items() if kind.partition("/")[2] in NOTED},
        removed_items=[_removal(key, leaks) for key, leaks in sorted(items.items())],
        removed_pictures=[_removal(name, leaks) for name, leaks in sorted(pictures.items())],
    )


def _removal(what: str, leaks: list[Leak]) -> Removal:
    first = leaks[0]
    return Removal(
        what=what,
        level=first.level,
        kind=first.kind,
        against=first.against,
        theirs=first.theirs,
        measure=first.measure,
        detail=first.detail,
        leaks=len(leaks),
    )


def _counted(leaks: Iterable[Leak]) -> dict[str, int]:
    return dict(sorted(Counter(f"{leak.level}/{leak.kind}" for leak in leaks).items()))
