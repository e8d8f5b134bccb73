"""The search itself: three levels, both ways, one collection against others."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from catalogs.leaks.names import NameIndex
from catalogs.leaks.pictures import NearPicture, PictureSearch, near_vectors
from catalogs.leaks.prompts import PromptIndex
from catalogs.leaks.records import Collection, Compared, Item, Leak, Thresholds


@dataclass(frozen=True)
class Found:
    """Every leak of one collection, and what it was compared with."""

    leaks: list[Leak]
    compared: list[Compared]
    thresholds: Thresholds


def find_leaks(
    ours: Collection,
    others: Iterable[Collection],
    thresholds: Thresholds | None = None,
    *,
    by_eye: bool = True,
) -> Found:
    """Everything of `ours` that stands in one of the `others`, or names it, or is named by it.

    Pictures of ours that do not decode are compared by their bytes alone; all are unless `by_eye`, and then
    their names have to be hashes of their bytes, since none is loaded. Sorted; each leak once.
    """
    search = _Search(ours, thresholds or Thresholds(), by_eye)
    leaks: list[Leak] = []
    compared: list[Compared] = []
    for other in others:
        unreadable: list[str] = []
        leaks += search.against(other, unreadable)
        compared.append(
            Compared(
                against=other.name,
                entities=len(other.entities),
                prompts=len(other.items),
                pictures=len(set(other.pictures)),
                unreadable=sorted({*unreadable, *search.unreadable}),
                features=len(other.vectors) if by_eye else 0,
                by_eye=by_eye,
            )
        )
    leaks.sort(key=lambda leak: (leak.against, leak.level, leak.kind, leak.ours, leak.theirs, leak.detail))
    return Found(leaks, compared, search.thresholds)


class _Search:
    """The indexes of one collection, against which others are held."""

    def __init__(self, ours: Collection, thresholds: Thresholds, by_eye: bool) -> None:
        self.thresholds = thresholds
        self._by_eye = by_eye
        self._ours = ours
        self._names = NameIndex(ours.entities.values())
        prompts = [item.prompt for item in ours.items]
        self._prompts = PromptIndex(prompts, thresholds.gram_share, thresholds.prompt_similarity)
        self._pictures: PictureSearch | None = None

    @property
    def unreadable(self) -> list[str]:
        return self._pictures.unreadable if self._pictures else []

    def against(self, other: Collection, unreadable: list[str]) -> Iterator[Leak]:
        for leak in (*self._entities(other), *self._mentions(other)):
            yield _named(leak, other)
        yield from self._same_prompts(other)
        for near in self._near_pictures(other, unreadable):
            yield Leak(
                level="picture",
                kind=near.kind,
                ours=near.ours,
                theirs=near.theirs,
                against=other.name,
                measure=near.measure,
            )

    def _entities(self, other: Collection) -> Iterator[Leak]:
        for entity_id in sorted(self._ours.entities.keys() & other.entities.keys()):
            yield _entity("same-entity", entity_id, entity_id, self._ours.entities[entity_id].title)
        for _, entity in sorted(other.entities.items()):
            for mention in self._names.namesakes(entity):
                yield _entity("same-name", mention.entity_id, entity.entity_id, mention.name)

    def _mentions(self, other: Collection) -> Iterator[Leak]:
        """Names of our entities in their texts, and names of theirs in ours, each entity once a prompt."""
        for item in other.items:
            for entity_id, name in _mentioned(self._names, item):
                yield _entity("named-there", entity_id, item.key, name)
        theirs = NameIndex(other.entities.values())
        for item in self._ours.items:
            for entity_id, name in _mentioned(theirs, item):
                if entity_id != item.entity_id:
                    yield _entity("names-theirs", item.key, entity_id, name)

    def _same_prompts(self, other: Collection) -> Iterator[Leak]:
        for position, near in self._prompts.near([item.prompt for item in other.items]):
            yield Leak(
                level="prompt",
                kind=near.kind,
                ours=self._ours.items[near.row].key,
                theirs=other.items[position].key,
                against=other.name,
                measure=near.measure,
                detail=other.items[position].prompt,
            )

    def _near_pictures(self, other: Collection, unreadable: list[str]) -> Iterator[NearPicture]:
        if not self._by_eye:
            for name in sorted({*self._ours.pictures} & {*other.pictures}):
                yield NearPicture(name, name, "same-bytes", 1.0)
            return
        seen = set()
        for near in self._near_by_eye(other, unreadable) if other.pictures else ():
            seen.add((near.ours, near.theirs))
            yield near
        for near in near_vectors(self._ours.vectors, other.vectors, self.thresholds.cosine):
            if (near.ours, near.theirs) not in seen:
                yield near

    def _near_by_eye(self, other: Collection, unreadable: list[str]) -> Iterator[NearPicture]:
        if self._pictures is None:
            self._pictures = PictureSearch(self._ours.pictures, self._ours.load, self.thresholds)
        yield from self._pictures.near(other.pictures, other.load, unreadable)


def _mentioned(names: NameIndex, item: Item) -> list[tuple[str, str]]:
    found: dict[str, str] = {}
    for text in (item.prompt, *item.texts):
        for mention in names.mentions(text, item.language):
            found.setdefault(mention.entity_id, mention.name)
    return sorted(found.items())


def _entity(kind: str, ours: str, theirs: str, name: str) -> Leak:
    return Leak(level="entity", kind=kind, ours=ours, theirs=theirs, against="", measure=1.0, detail=name)


def _named(leak: Leak, other: Collection) -> Leak:
    import msgspec

    return msgspec.structs.replace(leak, against=other.name)
