"""The noun synsets of a list of words as an encyclopedia: ``babelnet:words.txt``, one word a line."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from catalogs.categories import UNCATEGORISED
from catalogs.digests import digest, entity_id
from catalogs.records import Entity, EntityRef, Language, Name, Origin, Passage
from sources.babelnet.api import LICENCE, BabelNet, Synset
from sources.fetching.failures import AddressError
from sources.interface import GroundTruth, Harvested, Unusable

CODE_VERSION = "1"
"""Raised whenever equal answers give other entities, texts or pictures."""

DOMAINS = Path(__file__).parent / "domains.csv"
"""BabelNet's domain labels -> categories; labels that are not in it have none."""

_PICTURES = 2


@dataclass(frozen=True)
class BabelNetEncyclopedia:
    """Synsets of `words` with lexicalisations, glosses and pictures; a request each, within the quota."""

    babelnet: BabelNet
    words: tuple[str, ...]
    language: Language = "en"

    @property
    def name(self) -> str:
        return "babelnet"

    @property
    def revision(self) -> str:
        return digest("/".join((CODE_VERSION, digest(DOMAINS.read_bytes()), self.language, *self.words)))[:12]

    @property
    def languages(self) -> tuple[Language, ...]:
        return (self.language,)

    def survey(self) -> Iterator[EntityRef]:
        """Every synset of every word once. Raises `QuotaSpentError` when the day's quota is used up; what was
        answered is kept, and the next day goes on from there."""
        seen: set[str] = set()
        for word in self.words:
            for one in self.babelnet.synset_ids(word, self.language):
                if one.id not in seen:
                    seen.add(one.id)
                    synset, _ = self.babelnet.synset(one.id, self.language)
                    yield EntityRef(
                        entity_id=entity_id(canonical_name(one.id, synset)),
                        domain=category_of(synset)[0],
                        title=title_of(synset, self.language) or one.id,
                        locator=one.id,
                    )

    def harvest(self, ref: EntityRef) -> Harvested:
        synset, when = self.babelnet.synset(ref.locator, self.language)
        title = title_of(synset, self.language)
        if not title:
            raise Unusable("no-name", f"{ref.locator} has no name in {self.language!r}")
        domain, rule = category_of(synset)
        lemmas = [
            one.properties.simpleLemma.replace("_", " ")
            for one in synset.senses
            if one.properties.language.lower() == self.language
        ]
        aliases = sorted({lemma for lemma in lemmas if lemma and lemma != title})
        return Harvested(
            entity=Entity(
                entity_id=ref.entity_id,
                title=title,
                domain=domain,
                category_rule=rule,
                names=[Name(language=self.language, title=title, noun=title, aliases=aliases)],
                articles=[self._passage(ref.locator, synset, title, when)] if synset.glosses else [],
            ),
            pictures=self._pictures(synset, when),
        )

    def documents(self, language: Language) -> Iterator[Passage]:
        if language == self.language:
            for ref in self.survey():
                synset, when = self.babelnet.synset(ref.locator, language)
                if synset.glosses:
                    yield self._passage(ref.locator, synset, ref.title, when)

    def _passage(self, synset_id: str, synset: Synset, title: str, when: str) -> Passage:
        texts = dict.fromkeys(one.gloss for one in synset.glosses if one.language.lower() == self.language)
        sources = sorted({one.source for one in synset.glosses if one.source})
        origin = Origin(
            url=f"https://babelnet.org/synset?id={synset_id}",
            licence=LICENCE,
            author=", ".join(("BabelNet", *sources)),
            fetched=when,
        )
        return Passage(title=title, language=self.language, text=" ".join(texts), origin=origin)

    def _pictures(self, synset: Synset, when: str) -> tuple[GroundTruth, ...]:
        """The first that can be had; what BabelNet says of their licences is where they come from."""
        found: list[GroundTruth] = []
        for image in synset.images:
            if len(found) == _PICTURES:
                break
            try:
                data, _ = self.babelnet.web.picture(image.url)
            except AddressError as error:
                if error.failure.is_passing:
                    raise
                continue
            origin = Origin(
                url=image.url, licence=LICENCE, author=image.urlSource or "BabelNet", fetched=when
            )
            found.append(GroundTruth(data, origin, image.name.replace("_", " ")))
        return tuple(found)


def canonical_name(synset_id: str, synset: Synset) -> str:
    """A synset that names a page of the English Wikipedia, or a Wikidata item, is that entity."""
    title, item = synset.page("WIKI"), synset.page("WIKIDATA")
    if title:
        return f"wikipedia:en:{title}"
    return f"wikidata:{item}" if item else f"babelnet:{synset_id}"


def title_of(synset: Synset, language: Language) -> str:
    """The page's title, else the first lexicalisation in a language."""
    own = [one.properties for one in synset.senses if one.properties.language.lower() == language]
    titles = [one.fullLemma for one in own if one.source == "WIKI"] or [one.fullLemma for one in own]
    return titles[0].replace("_", " ") if titles else ""


def category_of(synset: Synset) -> tuple[str, str]:
    """Category and rule by the heaviest domain label that the table knows; equal weights by name."""
    table = _table()
    known = sorted((-weight, label) for label, weight in synset.domains.items() if label in table)
    if not known:
        return UNCATEGORISED, "babelnet:none"
    return table[known[0][1]], f"babelnet:{known[0][1]}"


@lru_cache(maxsize=1)
def _table() -> dict[str, str]:
    with DOMAINS.open(newline="") as file:
        return {row["domain"]: row["category"] for row in csv.DictReader(file)}
