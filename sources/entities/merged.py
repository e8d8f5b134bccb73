"""An encyclopedia made of several: every entity once, with what each of them knows of it.

The first source that has a text, a title or a noun phrase wins it; names, redirects and pictures of the
others are added. What an entity is, is said by the source that knows best (`TRUST`), and recorded with what
the others say.
"""

from __future__ import annotations

import tempfile
from array import array
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import IO, Any, NamedTuple, Protocol, runtime_checkable

import msgspec

from catalogs.categories import UNCATEGORISED
from catalogs.digests import digest, entity_id, sha256
from catalogs.records import Entity, EntityRef, Language, Name, Passage, Redirects
from sources.entities.identity import Identities, canonical_name
from sources.entities.links import LinkedEncyclopedia
from sources.interface import Choosy, Encyclopedia, GroundTruth, Harvested, Unusable, redirect_ids

CODE_VERSION = "2"
"""Raised whenever the same sources give other entities, texts or pictures."""

TRUST = ("list", "sample", "wikidata", "wikidata-dump", "mediawiki", "babelnet")
"""Who is believed about a category, first to last, by `Encyclopedia.name`: a table that somebody wrote for
the purpose, Wikidata's classes, BabelNet's domains; after them sources that read it from an article."""


class Member(NamedTuple):
    """What a source calls an entity: enough to harvest it there."""

    source: int
    entity_id: str
    domain: str
    title: str
    locator: str

    def ref(self) -> EntityRef:
        return EntityRef(entity_id=self.entity_id, domain=self.domain, title=self.title, locator=self.locator)


_members = msgspec.json.Decoder(list[Member])


@runtime_checkable
class WithoutPictures(Protocol):
    """A source that can describe an entity whose picture it cannot give."""

    def without_pictures(self) -> Encyclopedia: ...


@dataclass(frozen=True)
class MergedEncyclopedia:
    """`sources` in the order in which they win. Equal entities are united by `sources.entities.identity`."""

    sources: tuple[Encyclopedia, ...]

    @property
    def name(self) -> str:
        return "merged"

    @property
    def revision(self) -> str:
        parts = [f"{source.name}@{source.revision}" for source in self.sources]
        return digest("/".join((CODE_VERSION, *parts)))[:12]

    @property
    def languages(self) -> tuple[Language, ...]:
        return tuple(dict.fromkeys(chain.from_iterable(source.languages for source in self.sources)))

    @property
    def passed_over(self) -> dict[str, int]:
        """What the sources leave out of their surveys, by reason."""
        counts: dict[str, int] = {}
        for source in self.sources:
            for reason, count in getattr(source, "passed_over", {}).items():
                counts[reason] = counts.get(reason, 0) + count
        return counts

    def survey(self) -> Iterator[EntityRef]:
        """Every entity once, where its first member stands. Surveys wait in a scratch file, not in memory."""
        with tempfile.TemporaryFile() as scratch:
            spool = _Spool(scratch)
            for place, source in enumerate(self.sources):
                for ref in source.survey():
                    spool.add(place, ref)
            for members, contested in spool.groups():
                yield self._united(members, contested=contested)

    def refusal(self, ref: EntityRef) -> Unusable | None:
        """The first source's reason, where every source that lists the entity knows that it will refuse."""
        found = [
            source.refusal(own) if isinstance(source, Choosy) else None for source, own in self._members(ref)
        ]
        return found[0] if all(found) else None

    def harvest(self, ref: EntityRef) -> Harvested:
        """What all sources know. One that refuses is passed over; its `Unusable` is raised where all refuse,
        and where what the others know has no picture: then it is why there is none."""
        found: list[tuple[Member, Harvested]] = []
        refusals: list[Unusable] = []
        for member in _members.decode(ref.locator):
            try:
                found.append((member, self.sources[member.source].harvest(member.ref())))
            except Unusable as refusal:
                refusals.append(refusal)
                if described := self._without_pictures(member):
                    found.append((member, described))
        pictures = _pictures([one for _, one in found])
        if refusals and not pictures:
            raise refusals[0]
        entities = [one.entity for _, one in found]
        decided = self._deciding(ref, found)
        others = [one for one in entities if one.domain not in (ref.domain, UNCATEGORISED)]
        said = [f"{one.domain} by {one.category_rule}" for one in others]
        conflicts = [*(text for one in entities for text in one.category_conflicts), *said]
        return Harvested(
            entity=Entity(
                entity_id=ref.entity_id,
                title=ref.title,
                domain=ref.domain,
                category_rule=decided,
                names=_names(entities),
                articles=_first_articles(entities),
                identifiers=ref.identifiers,
                country=ref.country,
                sitelinks=ref.sitelinks,
                page_views=ref.page_views,
                redirects=_redirects(entities),
                category_conflicts=list(dict.fromkeys(conflicts)),
            ),
            pictures=pictures,
        )

    def documents(self, language: Language) -> Iterator[Passage]:
        for source in self.sources:
            if language in source.languages:
                yield from source.documents(language)

    def redirect_ids(self, ref: EntityRef) -> Iterator[str]:
        """Of all sources that know some."""
        return chain.from_iterable(redirect_ids(source, own) for source, own in self._members(ref))

    def links(self, ref: EntityRef) -> Iterator[str]:
        """Of all sources that have links, each once."""
        found = (
            link
            for source, own in self._members(ref)
            if isinstance(source, LinkedEncyclopedia)
            for link in source.links(own)
        )
        return iter(dict.fromkeys(found))

    def article(self, ref: EntityRef) -> list[Passage]:
        """Of the first source that has links and an article."""
        for source, own in self._members(ref):
            if isinstance(source, LinkedEncyclopedia) and (passages := source.article(own)):
                return list(passages)
        return []

    def _members(self, ref: EntityRef) -> list[tuple[Encyclopedia, EntityRef]]:
        """The sources that know an entity, and how each lists it."""
        return [(self.sources[one.source], one.ref()) for one in _members.decode(ref.locator)]

    def _united(self, refs: Sequence[tuple[int, EntityRef]], *, contested: bool) -> EntityRef:
        identifiers: dict[str, str] = {}
        for _, ref in refs:
            identifiers |= {kind: value for kind, value in ref.identifiers.items() if kind not in identifiers}
        # What two items claim cannot name either: the item itself does.
        named = {"wikidata": identifiers["wikidata"]} if contested else identifiers
        name = canonical_name(named)
        members = [Member(place, r.entity_id, r.domain, r.title, r.locator) for place, r in refs]
        first = refs[0][1]
        return EntityRef(
            entity_id=entity_id(name) if name else first.entity_id,
            domain=self._domain(members),
            title=first.title,
            locator=msgspec.json.encode(members).decode(),
            identifiers=dict(sorted(identifiers.items())),
            languages=sorted({language for place, ref in refs for language in self._languages(place, ref)}),
            country=next((ref.country for _, ref in refs if ref.country), ""),
            sitelinks=next((ref.sitelinks for _, ref in refs if ref.sitelinks is not None), None),
            page_views=next((ref.page_views for _, ref in refs if ref.page_views is not None), None),
        )

    def _languages(self, place: int, ref: EntityRef) -> Sequence[Language]:
        """A source of one language has its text in that one, whether its survey says so or not."""
        languages = self.sources[place].languages
        return ref.languages or (languages if len(languages) == 1 else ())

    def _domain(self, members: Sequence[Member]) -> str:
        known = [one for one in members if one.domain != UNCATEGORISED]
        return min(known, key=self._trust).domain if known else UNCATEGORISED

    def _trust(self, member: Member) -> tuple[int, int]:
        name = self.sources[member.source].name
        return (TRUST.index(name) if name in TRUST else len(TRUST), member.source)

    def _deciding(self, ref: EntityRef, found: Sequence[tuple[Member, Harvested]]) -> str:
        """The rule of the most trusted member that says what the survey decided."""
        agreeing = [
            (self._trust(member), one.entity) for member, one in found if one.entity.domain == ref.domain
        ]
        if not agreeing:  # who decided has refused to say more
            return "merged:survey"
        return min(agreeing, key=lambda pair: pair[0])[1].category_rule

    def _without_pictures(self, member: Member) -> Harvested | None:
        """What a source that has refused says once it need not give a picture."""
        source = self.sources[member.source]
        if not isinstance(source, WithoutPictures):
            return None
        try:
            return source.without_pictures().harvest(member.ref())
        except Unusable:
            return None


class _Spool:
    """Refs in a file, by number; in memory, where each begins and what it is called by."""

    def __init__(self, file: IO[Any]) -> None:
        self._file = file
        self._starts = array("q")
        self._sources = array("i")
        self._identities = Identities()

    def add(self, source: int, ref: EntityRef) -> None:
        self._starts.append(self._file.tell())
        self._sources.append(source)
        self._identities.add(ref)
        self._file.write(msgspec.json.encode(ref) + b"\n")

    def groups(self) -> Iterator[tuple[list[tuple[int, EntityRef]], bool]]:
        """Members of each entity in their order, and whether its name is contested."""
        import numpy as np

        if not self._starts:
            return
        firsts, contested = self._identities.groups()
        order = np.argsort(firsts, kind="stable")
        ends = [*np.flatnonzero(np.diff(firsts[order])).tolist(), len(order) - 1]
        start = 0
        for end in ends:
            members = [self._read(number) for number in order[start : end + 1].tolist()]
            yield members, int(order[start]) in contested
            start = end + 1

    def _read(self, number: int) -> tuple[int, EntityRef]:
        self._file.seek(self._starts[number])
        return self._sources[number], msgspec.json.decode(self._file.readline(), type=EntityRef)


def _names(entities: Sequence[Entity]) -> list[Name]:
    """One a language: the first source's, with the names of the others as further names."""
    names: dict[Language, Name] = {}
    for name in chain.from_iterable(entity.names for entity in entities):
        first = names.setdefault(name.language, name)
        if first is not name:
            further = dict.fromkeys((*first.aliases, name.title, *name.aliases))
            aliases = [alias for alias in further if alias != first.title]
            names[name.language] = msgspec.structs.replace(first, aliases=aliases)
    return list(names.values())


def _first_articles(entities: Sequence[Entity]) -> list[Passage]:
    articles: dict[Language, Passage] = {}
    for article in chain.from_iterable(entity.articles for entity in entities):
        articles.setdefault(article.language, article)
    return list(articles.values())


def _redirects(entities: Sequence[Entity]) -> list[Redirects]:
    titles: dict[Language, set[str]] = {}
    for one in chain.from_iterable(entity.redirects for entity in entities):
        titles.setdefault(one.language, set()).update(one.titles)
    return [Redirects(language=language, titles=sorted(titles[language])) for language in sorted(titles)]


def _pictures(found: Sequence[Harvested]) -> tuple[GroundTruth, ...]:
    """All of them, the first source's first; a picture that two sources have counts as the first's."""
    pictures: dict[str, GroundTruth] = {}
    for picture in chain.from_iterable(one.pictures for one in found):
        pictures.setdefault(sha256(picture.data), picture)
    return tuple(pictures.values())
